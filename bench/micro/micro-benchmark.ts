/** The interface of a micro-benchmark. */

/** An action to repeat. */
export interface MicroBenchmark {
  readonly name: string;
  /** How many operations one call of {@link run} performs; the time of one is reported. Default 1. */
  readonly operations?: number;
  /** Performs the action. The result is used, so that no compiler can remove the call. */
  run(): unknown;
}
