/**
 * The JSON of a packet's values. `JSON.stringify` makes a copy of all text; a string that needs no escaping,
 * as most do not, is only put between quotes here, which costs the engine no copy before the packet is
 * written.
 */

/** An array as JSON. */
export interface EncodedArray {
  readonly json: string;
  /** Whether it is known to be all ASCII. `false` says nothing. */
  readonly isAscii: boolean;
}

const plainText = /^[ !#-[\]-~]*$/;

/** Whether a text stands in JSON as it is: ASCII that can be seen, but for the quote and the backslash. */
export function isPlainText(text: string): boolean {
  return plainText.test(text);
}

/**
 * Encodes an array as `JSON.stringify` does. To an own `toJSON` each value is the outermost one, so it is
 * given no index.
 *
 * @param values - the array
 * @throws whatever `JSON.stringify` throws
 */
export function encodeJsonArray(values: readonly unknown[]): EncodedArray {
  let json = "[";
  let isAscii = true;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (index > 0) json += ",";
    if (typeof value === "string" && isPlainText(value)) {
      json += `"${value}"`;
    } else {
      // For what JSON has no word for, arrays have null.
      json += JSON.stringify(value) ?? "null";
      isAscii &&= typeof value === "number" || typeof value === "boolean" || value === null;
    }
  }
  return { json: `${json}]`, isAscii };
}
