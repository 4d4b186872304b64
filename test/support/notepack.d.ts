/** The parts of notepack.io that the tests use. The package has no types. */
declare module "notepack.io" {
  export function encode(value: unknown): Buffer;
  export function decode(bytes: Uint8Array): unknown;
}
