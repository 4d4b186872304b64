/** What is used of the library below the stock MessagePack parser, which has no types. */
declare module "notepack.io" {
  export function encode(value: unknown): Buffer;
  export function decode(bytes: Uint8Array): unknown;
}
