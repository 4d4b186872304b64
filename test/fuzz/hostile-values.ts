/** Values that an application may pass to `emit`, sensible or not, and what a receiver must get. */

import { hostileNames } from "./hostile-text.ts";
import type { Random } from "./random.ts";

/** A value of any kind, of at most `levels` levels unless it is deep on purpose. */
export function hostileValue(random: Random, levels = 4): unknown {
  switch (levels <= 0 ? random.below(8) : random.below(20)) {
    case 0:
      return random.pick([null, undefined, true, 0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]);
    case 1:
    case 2:
      return random.pick(hostileNames);
    case 3:
      return random.bytes(random.below(5));
    case 4:
      return random.pick<unknown>([
        () => 1,
        Symbol("s"),
        new Date(0),
        /x/,
        new Map([[1, 2]]),
        new Set([1]),
        new Error("e"),
      ]);
    case 5:
      return binary(random);
    case 6:
      return random.oneIn(8) ? 10n : random.pick([Object("boxed"), Object(1), Object(false)]);
    case 7:
      return random.oneIn(8) ? { _placeholder: true, num: random.below(3) } : { _placeholder: 1 };
    case 8: {
      const form = hostileValue(random, levels - 1);
      return { toJSON: () => form };
    }
    case 9:
      return random.oneIn(8) ? cycle() : random.times(3, () => null);
    case 10:
      return random.oneIn(8) ? throwing(random) : new Array(2);
    case 11:
      return nested(random, random.pick([5, 50, random.oneIn(10) ? 998 : 20, random.oneIn(10) ? 3000 : 20]));
    case 12:
    case 13:
    case 14:
      return random.times(random.below(4), () => hostileValue(random, levels - 1));
    default:
      return object(random, levels);
  }
}

function object(random: Random, levels: number): object {
  const holder: object = random.oneIn(4)
    ? Object.create(null)
    : random.oneIn(8)
      ? Object.create({ inherited: 1 })
      : {};
  for (let count = random.below(4); count > 0; count -= 1) {
    // Defined, because an assignment to `__proto__` would set the prototype.
    Object.defineProperty(holder, random.pick(hostileNames), {
      value: hostileValue(random, levels - 1),
      enumerable: !random.oneIn(10),
      configurable: true,
      writable: true,
    });
  }
  return holder;
}

function binary(random: Random): unknown {
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
  return random.pick([
    ...([bytes, bytes.buffer, bytes.subarray(2, 5), new DataView(bytes.buffer, 1, 3)] as const),
    ...[new Float64Array([1.5]), new Uint16Array([1, 2]), Buffer.from("abc"), new Uint8Array(0)],
  ]);
}

function cycle(): unknown {
  const ring: Record<string, unknown> = { a: [] };
  ring.b = [ring];
  return ring;
}

function throwing(random: Random): unknown {
  const fail = () => {
    throw random.pick([new Error("read me not"), new TypeError("no"), "a text", null, undefined]);
  };
  return random.oneIn(2) ? { toJSON: fail } : Object.defineProperty({}, "a", { get: fail, enumerable: true });
}

function nested(random: Random, depth: number): unknown {
  let value: unknown = random.oneIn(2) ? new Uint8Array([7]) : 1;
  for (let level = 0; level < depth; level += 1) value = random.oneIn(2) ? [value] : { a: value };
  return value;
}

/**
 * What a receiver gets for a value: the result of `JSON.stringify`, with the bytes of each binary in its
 * place. Computed in its own way: marks replace binary values, and bytes replace marks.
 */
export function jsonForm(value: unknown): unknown {
  const bytes: Buffer[] = [];
  const isBinary = (candidate: unknown) => candidate instanceof ArrayBuffer || ArrayBuffer.isView(candidate);
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key: string, member: unknown) {
    // The value in the holder, because a Buffer's toJSON has run already; and the result of toJSON itself.
    const found = isBinary(this[key]) ? this[key] : member;
    if (!isBinary(found)) return member;
    const view = ArrayBuffer.isView(found) ? found : new Uint8Array(found as ArrayBuffer);
    bytes.push(Buffer.from(Buffer.from(view.buffer, view.byteOffset, view.byteLength)));
    return `binary mark ${bytes.length - 1}`;
  });
  return JSON.parse(text, (_key, member) => {
    const mark = typeof member === "string" ? /^binary mark (\d+)$/.exec(member)?.[1] : undefined;
    return mark === undefined ? member : bytes[Number(mark)];
  });
}
