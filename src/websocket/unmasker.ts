/**
 * Takes masks off by SIMD, which JavaScript reaches only through WebAssembly, and only in its memory. Sockets
 * read into that memory, so nothing is copied for it. It is made when the first socket needs it.
 */

import { unmaskerCode } from "./unmasker-code.ts";

/** What the module exports. `unmask` gives 0 when all bytes are ASCII afterwards. */
interface UnmaskerExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  unmask(start: number, end: number, mask: number): number;
}

/** The part of `WebAssembly` that is used here. */
interface WebAssemblyGlobal {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** `undefined` until it is asked for, `null` where there is none. */
let memory: Buffer | null | undefined;
let unmask: UnmaskerExports["unmask"] = () => 0;

/**
 * The memory in which masks are taken off by SIMD: 64 KiB.
 *
 * @returns `null` where there is no WebAssembly, as with `--jitless`, where its use is forbidden, where the
 *   processor has no SIMD, or where the address space is limited
 */
export function unmaskingMemory(): Buffer | null {
  if (memory !== undefined) return memory;
  memory = null;
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WebAssemblyGlobal };
  if (WebAssembly === undefined) return null;
  try {
    const module = new WebAssembly.Module(Buffer.from(unmaskerCode, "base64"));
    const exports = new WebAssembly.Instance(module).exports as UnmaskerExports;
    unmask = exports.unmask;
    memory = Buffer.from(exports.memory.buffer);
  } catch {
    // Masks are taken off in JavaScript.
  }
  return memory;
}

/**
 * Whether these bytes are {@link unmaskingMemory}, where {@link unmaskFast} works. A view of it is not: to
 * ask for the buffer of a view costs more than to unmask a short message.
 */
export function isUnmaskingMemory(bytes: Buffer): boolean {
  return bytes === memory;
}

/**
 * Takes a mask off, or puts it on, in {@link unmaskingMemory}.
 *
 * @param mask - its four bytes as one number, the first one lowest
 * @returns whether all bytes are ASCII now
 */
export function unmaskFast(start: number, end: number, mask: number): boolean {
  return unmask(start, end, mask) === 0;
}
