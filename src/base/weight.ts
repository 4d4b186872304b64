/** About how much memory values take, for limits on what waits. Runs in browsers too. */

/** What each kind of value takes beside what it holds, in bytes. */
const costs = { text: 24, object: 56, member: 16, item: 8, binary: 200 } as const;

/**
 * Estimates how many bytes a value takes with all that it holds. What it holds twice counts once, and a view
 * of bytes counts with all of the memory that it keeps from being freed.
 *
 * @param value - anything; never changed
 */
export function weightOf(value: unknown): number {
  if (typeof value === "string") return textWeight(value);
  if (typeof value !== "object" || value === null) return costs.item;
  // What most events hold needs no list of objects.
  if (Array.isArray(value) && !value.some(isObject)) return listWeight(value);
  const seen = new Set<object>([value]);
  let weight = 0;
  // A loop over a set also reaches values added during it, so no nesting can overflow the stack.
  for (const holder of seen) {
    try {
      weight += holderWeight(holder, seen);
    } catch {
      // An object of the application that cannot be read counts without its members.
      weight += costs.object;
    }
  }
  return weight;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** The weight of a list without the objects in it. */
function listWeight(list: readonly unknown[]): number {
  let weight = costs.object + list.length * costs.item;
  for (const item of list) if (typeof item === "string") weight += textWeight(item);
  return weight;
}

/** The weight of an object and of the texts and numbers in it. Adds the objects in it to `unseen`. */
function holderWeight(holder: object, unseen: Set<object>): number {
  if (ArrayBuffer.isView(holder)) {
    unseen.add(holder.buffer);
    return costs.binary;
  }
  if (holder instanceof ArrayBuffer) return holder.byteLength;
  if (Array.isArray(holder)) {
    for (const item of holder) if (isObject(item)) unseen.add(item);
    return listWeight(holder);
  }
  let weight: number = costs.object;
  const add = (member: unknown) => {
    if (typeof member === "string") weight += textWeight(member);
    else if (typeof member === "object" && member !== null) unseen.add(member);
  };
  if (holder instanceof Map || holder instanceof Set) {
    for (const [key, member] of holder.entries()) {
      weight += 2 * costs.member;
      add(key);
      add(member);
    }
  }
  for (const name of Object.keys(holder)) {
    weight += costs.member + name.length;
    add((holder as Record<string, unknown>)[name]);
  }
  return weight;
}

/** A character takes one byte or two. */
function textWeight(text: string): number {
  return costs.text + 2 * text.length;
}
