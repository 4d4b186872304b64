/**
 * Which inputs may be kept in this repository. Random ones can come upon what ends, stops or fills another program of the field, old
 * versions included. Such an input shows nothing about Roomcast that a harmless one would not, and is never kept.
 */

import type { Message } from "./hostile-text.ts";

/** The most of anything that an input may promise, or nest. It is above every limit of Roomcast's decoders that the targets use. */
const modest = 1_000_000;
const longestNumber = 16;
const deepest = 300;

/** Whether an input is harmless to every program that reads Engine.IO, Socket.IO or WebSocket. */
export function isHarmless(input: readonly Message[]): boolean {
  const texts = input.filter((message) => typeof message === "string");
  // A frame may begin in one piece and go on in the next.
  const bytes = Buffer.concat(input.filter((message) => typeof message !== "string"));
  return texts.every((text) => text.split("\u001e").every(isHarmlessText)) && promisesLittle(bytes);
}

/** A packet, with or without the type of Engine.IO in front of it. */
function isHarmlessText(text: string): boolean {
  const packet = /^4[0-6]/.test(text) ? text.slice(1) : text;
  // What only a server says: a refusal. Servers of old took it from clients for an error of their own.
  if (packet.startsWith("4")) return false;
  // A packet with attachments that counts none, or counts many.
  const [, attachments] = /^[56](\d*)-/.exec(packet) ?? [];
  if (attachments !== undefined && !(Number(attachments) >= 1 && Number(attachments) <= 10)) return false;
  // An attachment's place that is no plain number.
  if (/"_placeholder"/.test(packet) && !/"num":\s*\d{1,2}\s*[,}]/.test(packet)) return false;
  // An event's name that is an object, or one that the emitters of a runtime treat in their own way.
  if (/^[2-6][^[]*\[\s*(?:\{|"(?:error|newListener|removeListener)")/.test(packet)) return false;
  // Names that every object of JavaScript inherits.
  if (/__proto__|constructor|prototype|toString|toJSON|valueOf|hasOwnProperty/.test(packet)) return false;
  return !new RegExp(`\\d{${longestNumber + 1}}`).test(packet) && depthOf(packet) <= deepest;
}

function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (const character of text) {
    if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    most = Math.max(most, depth);
  }
  return most;
}

/** Whether no frame in these bytes can promise much: wherever one may begin, its length is modest. */
function promisesLittle(bytes: Buffer): boolean {
  for (let at = 1; at + 8 < bytes.length; at += 1) {
    const isLong = (bytes.readUInt8(at) & 0x7f) === 127;
    if (isLong && bytes.readBigUInt64BE(at + 1) > BigInt(modest)) return false;
  }
  return true;
}
