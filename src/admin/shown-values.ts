/** Copies of events' arguments for people to look at: short, and without binary data. */

/** Longer texts and lists are cut, and deeper objects left out. */
const longestText = 1000;
const longestList = 100;
const deepest = 8;

/** A copy of a value to look at. */
export function shownValue(value: unknown, depth = 0): unknown {
  if (typeof value === "string")
    return value.length > longestText ? `${value.slice(0, longestText)}…` : value;
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function" || value === undefined) return null;
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `<${value.byteLength} bytes>`;
  if (depth >= deepest) return "…";
  try {
    if ("toJSON" in value && typeof value.toJSON === "function") return shownValue(value.toJSON(), depth + 1);
    if (Array.isArray(value)) return shownList(value, depth);
    return shownObject(value, depth);
  } catch {
    // An object of the application that cannot be read.
    return "…";
  }
}

function shownList(list: readonly unknown[], depth: number): unknown[] {
  const shown = list.slice(0, longestList).map((item) => shownValue(item, depth + 1));
  if (list.length > longestList) shown.push("…");
  return shown;
}

function shownObject(value: object, depth: number): object {
  const entries = Object.entries(value);
  const shown = entries.slice(0, longestList).map(([name, member]) => [name, shownValue(member, depth + 1)]);
  if (entries.length > longestList) shown.push(["…", "…"]);
  return Object.fromEntries(shown);
}
