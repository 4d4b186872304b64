/** A program that tests and benchmarks need. */
export interface Program {
  readonly name: string;
  /** The variable with its path. */
  readonly pathVariable: string;
}
/** Every program that is needed. */
export declare const programs: readonly Program[];
/** Finds programs, and returns the variables with their paths. */
export declare function providePrograms(
  say: (line: string) => void,
  wanted?: readonly Program[],
): Readonly<Record<string, string>>;
