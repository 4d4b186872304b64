/** How deep JSON is nested, found out before it is parsed. */

const quote = 0x22;
const backslash = 0x5c;

/**
 * Says whether JSON text is nested deeper than allowed. Of text that is not valid JSON the answer is of no
 * use, but it comes in linear time as well.
 *
 * @param text - holds the JSON from `start` to its end
 * @param start - index where the JSON begins
 * @param maxDepth - levels of arrays and objects that are allowed
 */
export function exceedsDepth(text: string, start: number, maxDepth: number): boolean {
  // Each level takes two brackets, so short text needs no look at all, and text with few brackets needs no
  // more than a count of them, at native speed.
  if (text.length - start < 2 * (maxDepth + 1) || !hasMoreOpeners(text, start, maxDepth)) return false;
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = endOfString(text, index);
    } else if ((code | 0x20) === 0x7b) {
      // "[" or "{", which differ by 0x20, as do "]" and "}".
      if (++depth > maxDepth) return true;
    } else if ((code | 0x20) === 0x7d) {
      depth--;
    }
  }
  return false;
}

/** Whether there are more than `limit` opening brackets, wherever they stand. */
function hasMoreOpeners(text: string, start: number, limit: number): boolean {
  let count = 0;
  for (let at = text.indexOf("[", start); at !== -1; at = text.indexOf("[", at + 1)) {
    if (++count > limit) return true;
  }
  for (let at = text.indexOf("{", start); at !== -1; at = text.indexOf("{", at + 1)) {
    if (++count > limit) return true;
  }
  return false;
}

/** Index of the quote that closes the string opened at `open`, or the text's length. */
function endOfString(text: string, open: number): number {
  for (let end = text.indexOf('"', open + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    // A quote is escaped by an odd number of backslashes. The opening quote ends this at the latest.
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}
