/** Bytes in the forms that JavaScript knows them. Runs in browsers too. */

/** A value that travels as a binary attachment instead of JSON. */
export type Binary = ArrayBuffer | ArrayBufferView;

/** Says whether a value travels as a binary attachment. */
export function isBinary(value: unknown): value is Binary {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** The bytes of a binary value, as a view of the same memory: nothing is copied. */
export function toBytes(value: Binary): Uint8Array {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer
    ? new Uint8Array(value)
    : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

/** The same bytes in memory of their own, which no other value changes or keeps alive. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes);
}

/**
 * The bytes as they are, or a copy where they are a small part of what they are a view of: that stays with
 * them.
 */
export function compactBytes(bytes: Uint8Array): Uint8Array {
  return 2 * bytes.byteLength < bytes.buffer.byteLength ? ownBytes(bytes) : bytes;
}
