/** References within a JSON document. */

/** An object of a JSON document. */
export type JsonValue = { readonly [key: string]: unknown };

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is JsonValue {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a reference such as `#/channels/root` leads to, `undefined` where there is nothing. */
export function resolvePointer(document: JsonValue, reference: unknown): unknown {
  if (typeof reference !== "string" || !reference.startsWith("#")) return undefined;
  let value: unknown = document;
  for (const key of decoded(reference.slice(1)).split("/").slice(1)) {
    const name = key.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as JsonValue)[name];
  }
  return value;
}

function decoded(pointer: string): string {
  try {
    return decodeURIComponent(pointer);
  } catch {
    // No URL: the pointer stands there as it is.
    return pointer;
  }
}
