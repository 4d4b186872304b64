/**
 * The change from polling to WebSocket, without losing or reordering a packet:
 *
 *     client                     server
 *       | ws: 2probe ------------> |  probing → probed; a poll is answered, so that the client can pause,
 *       |                          |  and each further one after a moment
 *       | <------------ ws: 3probe |
 *       | (lets its last poll and post come to their end)
 *       | ws: 5 -----------------> |  probed → upgraded; from here on everything goes over the WebSocket
 *
 * Until the 5 arrives the polling transport stays the one in use.
 */

import { Deadline } from "../../base/time/deadline-queue.ts";
import type { CloseReason } from "../close-reason.ts";
import type { ConnectionMeter } from "../connection-meter.ts";
import { OutgoingPacket } from "../outbox/outgoing-packet.ts";
import type { WebSocketLink } from "../ports.ts";
import { webSocketTransport } from "./deflated-transport.ts";
import type { TransportOwner } from "./transport.ts";
import type { WebSocketTransport } from "./websocket-transport.ts";
import type { WireFormat } from "./wire-format.ts";

/** Where an upgrade stands. */
export type UpgradeState = "probing" | "probed" | "upgraded" | "failed";

/**
 * What moves an upgrade: a packet of the client (by its text), anything else it says, or the end of its time.
 */
type UpgradeEvent = "2probe" | "5" | "unexpected" | "gone";

const transitions: Readonly<Record<UpgradeState, Readonly<Record<UpgradeEvent, UpgradeState>>>> = {
  probing: { "2probe": "probed", "5": "failed", unexpected: "failed", gone: "failed" },
  probed: { "2probe": "failed", "5": "upgraded", unexpected: "failed", gone: "failed" },
  upgraded: { "2probe": "upgraded", "5": "upgraded", unexpected: "upgraded", gone: "upgraded" },
  failed: { "2probe": "failed", "5": "failed", unexpected: "failed", gone: "failed" },
};

/** The connection that upgrades. */
export interface UpgradeOwner {
  /** Measures what goes over the transports; `null` while metrics are off. */
  readonly meter: ConnectionMeter | null;
  /** The client has shown that the WebSocket works: a poll that waits is to end. */
  onProbed(): void;
  /** The client has changed over: the transport is the new one. */
  onUpgraded(transport: WebSocketTransport): void;
  /** The upgrade came to nothing; the old transport goes on. */
  onUpgradeFailed(upgrade: Upgrade): void;
}

/** One attempt at an upgrade. */
export class Upgrade implements TransportOwner {
  readonly transport: WebSocketTransport;
  /** Whether a poll has ended since the probe: a client that polls on gets no second answer at once. */
  hasEndedPoll = false;
  /** When the poll that came after that one is to end. */
  readonly pollEnd = new Deadline<Upgrade>(this);
  readonly #owner: UpgradeOwner;
  #state: UpgradeState = "probing";

  /**
   * @param link - the WebSocket that the client has opened
   * @param owner - the connection that is to move onto it
   * @param form - how packets look on the WebSocket
   */
  constructor(link: WebSocketLink, owner: UpgradeOwner, form?: WireFormat) {
    this.transport = webSocketTransport(link, this, form);
    this.#owner = owner;
  }

  get meter(): ConnectionMeter | null {
    return this.#owner.meter;
  }

  /** Where the upgrade stands. */
  get state(): UpgradeState {
    return this.#state;
  }

  /** Gives up. */
  cancel(): void {
    this.#move("gone");
  }

  /** Called when such a poll has waited for a moment. */
  endPoll(): void {
    if (this.#state === "probed") this.#owner.onProbed();
  }

  onText(text: string): void {
    this.#move(text === "2probe" || text === "5" ? text : "unexpected");
  }

  onBinary(): void {
    this.#move("unexpected");
  }

  onWritable(): void {}

  onTaken(): void {}

  onTransportClose(_reason: CloseReason): void {
    this.#move("gone");
  }

  #move(event: UpgradeEvent): void {
    const before = this.#state;
    this.#state = transitions[before][event];
    if (this.#state === before) return;
    this.pollEnd.cancel();
    switch (this.#state) {
      case "probed":
        this.transport.send(new OutgoingPacket("3probe"));
        this.#owner.onProbed();
        break;
      case "upgraded":
        this.#owner.onUpgraded(this.transport);
        break;
      case "failed":
        this.transport.terminate("transport close");
        this.#owner.onUpgradeFailed(this);
        break;
      case "probing":
        break;
    }
  }
}
