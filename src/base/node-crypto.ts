/**
 * Node's `crypto`, from its first use on. Loading it takes a tenth of the time of `import "roomcast"`, and a
 * program that only imports the package, as a command or a test may, makes no identifier.
 */

type Crypto = typeof import("node:crypto");

let loaded: Crypto | undefined;

/** The module `node:crypto`. */
export function nodeCrypto(): Crypto {
  loaded ??= process.getBuiltinModule("node:crypto");
  return loaded;
}
