/** Events and values as people and programs read them. Nothing that a server sends can steer the terminal. */

import { isBinary, toBytes } from "../../base/bytes.ts";
import { printable } from "../../base/printable.ts";

/** Bytes of a binary value that a line shows. */
const shownBytes = 16;

/** A value as JSON for programs: binary becomes `{"$base64":"AQID"}`. */
export function jsonValue(value: unknown): unknown {
  if (isBinary(value)) return { $base64: Buffer.from(toBytes(value)).toString("base64") };
  if (Array.isArray(value)) return value.map(jsonValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonValue(member)]));
}

/** Values as one line for people, such as `{"text":"hi"} <3 bytes 010203>`. */
export function showValues(values: readonly unknown[]): string {
  return values.map(showValue).join(" ");
}

function showValue(value: unknown): string {
  if (isBinary(value)) return showBytes(toBytes(value));
  // Binary within an object is put in place of its quotes.
  const texts: string[] = [];
  const json = JSON.stringify(markBytes(value, texts)) ?? "null";
  return printable(json.replaceAll(/"\\u0000(\d+)"/g, (_, number) => texts[Number(number)] ?? ""));
}

function markBytes(value: unknown, texts: string[]): unknown {
  if (isBinary(value)) return `\0${texts.push(showBytes(toBytes(value))) - 1}`;
  if (Array.isArray(value)) return value.map((member) => markBytes(member, texts));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, markBytes(member, texts)]));
}

function showBytes(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.subarray(0, shownBytes)).toString("hex");
  return `<${bytes.length} bytes ${hex}${bytes.length > shownBytes ? "…" : ""}>`;
}

/** A size for people: `52 B`, `1.5 kB`, `2 MB`. */
export function showSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Number((bytes / 1e3).toFixed(1))} kB` : `${Number((bytes / 1e6).toFixed(1))} MB`;
}

/** The time of day, as in `20:15:03.123`. */
export function showTime(date: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":");
  return `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** A refusal by a namespace, as people read it. */
export function showRefusal(payload: unknown): string {
  if (typeof payload === "string") return printable(payload);
  if (typeof payload === "object" && payload !== null && "message" in payload) {
    const { message, data } = payload as { message: unknown; data?: unknown };
    const more = data === undefined ? "" : ` ${showValues([data])}`;
    return `${printable(String(message))}${more}`;
  }
  return showValues([payload]);
}
