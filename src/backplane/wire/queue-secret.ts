/**
 * The secret that the processes of an application share, as keys: for signatures, and for requests that
 * processes relay to each other. Of several secrets the first one makes signatures and all of them check, so
 * that a secret can be changed while processes run. The secrets themselves are never sent.
 */

import type { KeyObject } from "node:crypto";
import { nodeCrypto } from "../../base/node-crypto.ts";

/** Bytes of a signature. */
export const signatureLength = 16;

/** The key with which a process relays requests to another one. */
export interface RelayKey {
  /** Names the key among several. */
  readonly identity: string;
  readonly key: Uint8Array;
}

/** Checks the signatures of one secret. */
export interface SignatureCheck {
  /**
   * Whether a signature is right.
   *
   * @param place - where it must be valid
   * @param head - the bytes ahead of the signature
   */
  isSigned(place: string, head: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** One secret. Each use has a key of its own. */
class Keys implements SignatureCheck {
  /** Names the secret in messages without revealing it: four bytes of a keyed digest. */
  readonly id: number;
  readonly #messages: KeyObject;
  readonly #relays: KeyObject;

  constructor(secret: string, channel: string) {
    const root = nodeCrypto().createSecretKey(secret, "utf8");
    this.#messages = derive(root, `messages ${channel}`);
    this.#relays = derive(root, `relays ${channel}`);
    this.id = derive(root, `name ${channel}`).export().readUInt32BE();
  }

  sign(place: string, head: Uint8Array, message: Uint8Array): Buffer {
    const mac = nodeCrypto().createHmac("sha256", this.#messages);
    // Without the length, the end of a place could pass for the beginning of a message.
    mac.update(head).update(`${place.length}:${place}:`).update(message);
    return mac.digest().subarray(0, signatureLength);
  }

  isSigned(place: string, head: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
    return nodeCrypto().timingSafeEqual(this.sign(place, head, message), signature);
  }

  relay(node: string): RelayKey {
    const key = nodeCrypto().createHmac("sha256", this.#relays).update(node).digest();
    return { identity: `roomcast:${this.id.toString(16)}`, key };
  }
}

function derive(root: KeyObject, use: string): KeyObject {
  return nodeCrypto().createSecretKey(
    nodeCrypto().createHmac("sha256", root).update(`roomcast 1 ${use}`).digest(),
  );
}

/** See the head of this file. */
export class QueueSecret {
  readonly #first: Keys;
  readonly #all: readonly Keys[];

  /**
   * @param secrets - at least one; the first one makes signatures
   * @param channel - the application among others that share the message queue
   */
  constructor(secrets: readonly string[], channel: string) {
    this.#all = secrets.map((secret) => new Keys(secret, channel));
    const [first] = this.#all;
    if (first === undefined) throw new RangeError("There is no secret to sign with.");
    this.#first = first;
  }

  /** Names the secret that makes signatures. */
  get id(): number {
    return this.#first.id;
  }

  /**
   * Signs a message.
   *
   * @param place - where it is valid, and nowhere else
   * @param head - the bytes ahead of the signature
   */
  sign(place: string, head: Uint8Array, message: Uint8Array): Uint8Array {
    return this.#first.sign(place, head, message);
  }

  /**
   * Finds the check for signatures of one secret; `undefined` where this process does not know the secret.
   *
   * @param id - names the secret
   */
  checkOf(id: number): SignatureCheck | undefined {
    return this.#all.find((each) => each.id === id);
  }

  /** The key with which this process relays requests to another one. */
  relayKey(node: string): RelayKey {
    return this.#first.relay(node);
  }

  /** The keys with which others may relay requests to a process. */
  relayKeys(node: string): readonly RelayKey[] {
    return this.#all.map((keys) => keys.relay(node));
  }
}
