/** What this process says of itself in signs of life, and what it takes from those of others. */

import type { CompleteHeartbeat, HeartbeatDraft } from "../members/members.ts";
import { encodeMessage, type HeartbeatMessage, type RelayAddress, type ToldRelay } from "../wire/envelope.ts";
import type { QueueSecret } from "../wire/queue-secret.ts";
import { isNodeId } from "./node-id.ts";
import { processLabel } from "./process-label.ts";

/** The kinds of signs of life that may come to one process alone. */
export const privateOccasions: ReadonlySet<string> = new Set(["hello", "beat"]);

/** The shortest key for relayed requests, in bytes. */
const shortestKey = 16;

/** See the head of this file. */
export class Heartbeats {
  /** Whether this process has clients, so that others ask it for them. */
  isServer = false;
  /** Where this process takes the requests of its clients that land elsewhere. */
  relay: ToldRelay | null = null;
  readonly #node: string;
  readonly #label = processLabel();
  readonly #secret: QueueSecret | null;

  /**
   * @param node - this process
   * @param secret - what the processes share, for their relays; `null` for nothing
   */
  constructor(node: string, secret: QueueSecret | null) {
    this.#node = node;
    this.#secret = secret;
  }

  /** Writes a sign of life. */
  encode(draft: HeartbeatDraft): Uint8Array {
    const { isServer, relay } = this;
    return encodeMessage({
      type: "heartbeat",
      origin: this.#node,
      label: this.#label,
      ...draft,
      isServer,
      relay,
    });
  }

  /**
   * Adds the key of the sender's relay to a sign of life. Processes that share a secret find the key by it,
   * and take none from a message.
   */
  completed(heartbeat: HeartbeatMessage): CompleteHeartbeat {
    const { origin, relay, roll = [] } = heartbeat;
    // A process is asked at the subject that its id names.
    const known = roll.filter(({ node }) => isNodeId(node));
    return {
      ...heartbeat,
      roll: known,
      relay: relay === null || !isAddress(relay) ? null : this.#relay(origin, relay),
    };
  }

  #relay(origin: string, { host, port, key }: ToldRelay): RelayAddress | null {
    if (this.#secret !== null) return { host, port, ...this.#secret.relayKey(origin) };
    return key === null ? null : { host, port, key };
  }
}

/**
 * Whether a process can be asked at an address: a program that writes to the message queue can write
 * anything.
 */
function isAddress({ host, port, key }: ToldRelay): boolean {
  const isUsable = URL.canParse(`wss://${host.includes(":") ? `[${host}]` : host}:${port}/`);
  return isUsable && port > 0 && (key === null || key.length >= shortestKey);
}
