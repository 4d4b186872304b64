/**
 * Messages with a signature. Processes with one {@link QueueSecret} take the messages of each other, at the
 * place and time for which they were signed, and no others:
 *
 *     1 byte    the mark of a signed message
 *     4 bytes   names the secret
 *     8 bytes   names the sender
 *     8 bytes   number: the time in µs, or the sender's own count
 *     16 bytes  signature: HMAC-SHA-256 over the place and all the rest, cut
 *     …         the message
 */

import { nodeCrypto } from "../../base/node-crypto.ts";
import { bufferView } from "./buffer-view.ts";
import type { MessageProblem } from "./message-problem.ts";
import { type QueueSecret, signatureLength } from "./queue-secret.ts";

/** The first byte of signed messages, and of no others. */
export const signedMark = 0xf5;

/** Where the parts begin. */
const at = { id: 1, sender: 5, number: 13, signature: 21, message: 21 + signatureLength } as const;

/** The bytes that a signature adds, all ahead of the message. */
export const signedHeadLength = at.message;

/** How long a message may be on its way, in ms, and how much clocks may differ. */
export const longestWay = 60_000;

/** A message whose signature fits. */
export interface SignedMessage {
  readonly sender: string;
  readonly number: number;
  readonly message: Uint8Array;
}

/** A message that is not taken, and why. */
export interface RefusedSignedMessage {
  readonly problem: MessageProblem;
  readonly details: string;
}

/** Signs the messages of this process, and checks those of others. */
export class SignedMessages {
  readonly #secret: QueueSecret;
  readonly #now: () => number;
  #sender = nodeCrypto().randomBytes(8);
  #last = 0;

  /**
   * @param secret - what the processes share
   * @param now - the time in ms since 1970; the clocks of all machines must nearly agree
   */
  constructor(secret: QueueSecret, now: () => number) {
    this.#secret = secret;
    this.#now = now;
  }

  /** Signs a message that is valid now. No two get the same number. */
  signNow(place: string, message: Uint8Array): Uint8Array {
    const now = this.#now() * 1000;
    // When the clock is set back, the numbers lie in the future for others: a new sender begins again.
    if (this.#last > now + longestWay * 500) {
      this.#sender = nodeCrypto().randomBytes(8);
      this.#last = 0;
    }
    this.#last = Math.max(now, this.#last + 1);
    return this.sign(place, this.#last, message);
  }

  /**
   * Signs a message under a number.
   *
   * @param place - where it is valid
   */
  sign(place: string, number: number, message: Uint8Array): Uint8Array {
    const bytes = Buffer.allocUnsafe(at.message + message.length);
    bytes[0] = signedMark;
    bytes.writeUInt32BE(this.#secret.id, at.id);
    bytes.set(this.#sender, at.sender);
    bytes.writeDoubleBE(number, at.number);
    bytes.set(message, at.message);
    bytes.set(this.#secret.sign(place, bytes.subarray(0, at.signature), message), at.signature);
    return bytes;
  }

  /**
   * Whether a message says that this process signed it. Such a message is dropped, so a lie gains nothing.
   */
  isOwn(bytes: Uint8Array): boolean {
    return bytes.length >= at.message && this.#sender.equals(bytes.subarray(at.sender, at.number));
  }

  /** Reads a message. The caller judges its number. */
  open(place: string, bytes: Uint8Array): SignedMessage | RefusedSignedMessage {
    if (bytes[0] !== signedMark || bytes.length < at.message) {
      return { problem: "unsigned", details: `a message without a signature on ${place}` };
    }
    const view = bufferView(bytes);
    const message = view.subarray(at.message);
    const signature = view.subarray(at.signature, at.message);
    const check = this.#secret.checkOf(view.readUInt32BE(at.id));
    if (check === undefined) {
      return { problem: "other secret", details: `a message signed with another secret on ${place}` };
    }
    if (!check.isSigned(place, view.subarray(0, at.signature), message, signature)) {
      return { problem: "forged", details: `a signature that does not fit on ${place}` };
    }
    const sender = view.toString("latin1", at.sender, at.number);
    return { sender, number: view.readDoubleBE(at.number), message };
  }
}

/**
 * Recognises a message that comes again. The messages of one sender in one place come in order, so the latest
 * number is enough, and only for as long as old messages are taken.
 */
export class Repetitions {
  readonly #now: () => number;
  #latest = new Map<string, Map<string, number>>();
  #before = new Map<string, Map<string, number>>();
  #since: number;

  /** @param now - the time in ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  /** Why a message is not taken; `null` where it is the first with its number. */
  problemOf(place: string, { sender, number }: SignedMessage): RefusedSignedMessage | null {
    const now = this.#now();
    const age = Math.round(now - number / 1000);
    if (!(Math.abs(age) <= longestWay)) {
      return { problem: "stale", details: `a message on ${place} that was signed ${age} ms ago` };
    }
    if (Math.abs(now - this.#since) > 2 * longestWay) {
      this.#before = this.#latest;
      this.#latest = new Map();
      this.#since = now;
    }
    const known = this.#latest.get(sender)?.get(place) ?? this.#before.get(sender)?.get(place) ?? 0;
    if (number <= known) return { problem: "repeated", details: `a message on ${place} that came before` };
    const places = this.#latest.get(sender);
    if (places === undefined) this.#latest.set(sender, new Map([[place, number]]));
    else places.set(place, number);
    return null;
  }
}
