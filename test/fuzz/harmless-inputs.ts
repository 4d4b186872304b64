/**
 * Decides which inputs may be kept in this repository. Random inputs can hit a fault that ends, blocks or
 * exhausts another program of the field, or an old version of it. Such an input shows nothing about Roomcast
 * that a harmless one does not, and is never kept.
 */

import type { Message } from "./hostile-text.ts";

/** The largest size, count or depth that an input may claim. It is above the limits of all targets. */
const modest = 1_000_000;
const longestNumber = 16;
const deepest = 300;

/** Whether an input is harmless to every program that reads Engine.IO, Socket.IO or WebSocket. */
export function isHarmless(input: readonly Message[]): boolean {
  const texts = input.filter((message) => typeof message === "string");
  // A frame may begin in one chunk and continue in the next.
  const bytes = Buffer.concat(input.filter((message) => typeof message !== "string"));
  return texts.every((text) => text.split("\u001e").every(isHarmlessText)) && promisesLittle(bytes);
}

/** Checks a packet, with or without an Engine.IO type in front of it. */
function isHarmlessText(text: string): boolean {
  const packet = /^4[0-6]/.test(text) ? text.slice(1) : text;
  // A refusal, which only servers send. Old servers took it from clients for an error of their own.
  if (packet.startsWith("4")) return false;
  // A packet with attachments that announces none, or many.
  const [, attachments] = /^[56](\d*)-/.exec(packet) ?? [];
  if (attachments !== undefined && !(Number(attachments) >= 1 && Number(attachments) <= 10)) return false;
  // A placeholder whose number is not plain.
  if (/"_placeholder"/.test(packet) && !/"num":\s*\d{1,2}\s*[,}]/.test(packet)) return false;
  // An event's name that is an object, or that the emitters of a runtime treat specially.
  if (/^[2-6][^[]*\[\s*(?:\{|"(?:error|newListener|removeListener)")/.test(packet)) return false;
  // Names that every JavaScript object inherits.
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

/** Whether no frame in these bytes claims much: wherever one may begin, its length is modest. */
function promisesLittle(bytes: Buffer): boolean {
  for (let at = 1; at + 8 < bytes.length; at += 1) {
    const isLong = (bytes.readUInt8(at) & 0x7f) === 127;
    if (isLong && bytes.readBigUInt64BE(at + 1) > BigInt(modest)) return false;
  }
  return true;
}
