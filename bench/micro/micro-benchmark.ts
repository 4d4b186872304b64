/** What a benchmark of one hot file consists of. */

/** Something that is done again and again. */
export interface MicroBenchmark {
  readonly name: string;
  /** How many operations one call of {@link run} is; the time of one is what is told. Default 1. */
  readonly operations?: number;
  /** Does it. What it returns is used, so that no compiler can leave it out. */
  run(): unknown;
}
