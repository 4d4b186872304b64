/** A program that tests and benchmarks need. `programs.mjs` says what each field means. */
export interface Program {
  readonly name: string;
  readonly binaries: readonly string[];
  readonly versionArguments: readonly string[];
  readonly oldest?: readonly [number, number];
  readonly debianPackages?: readonly string[];
  readonly laterDebian?: { readonly release: string; readonly package: string };
  readonly npmFolder?: string;
  readonly elsewhere: string;
  /** The variable with its path. */
  readonly pathVariable: string;
  readonly skipVariable: string;
  readonly whatIsSkipped: string;
}
/** Every program that is needed. */
export declare const programs: readonly Program[];
/** Finds a program that starts. */
export declare function findProgram(program: Program): string | undefined;
/** Finds programs, installs missing ones where that is possible, and returns the variables with their paths. */
export declare function providePrograms(
  say: (line: string) => void,
  wanted?: readonly Program[],
): Readonly<Record<string, string>>;
