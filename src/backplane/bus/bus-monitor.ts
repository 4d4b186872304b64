/** Sends on a bus, and reports what becomes of that: to its owner, and as trace events. */

import type { Trace } from "../../base/trace.ts";
import type { Bus } from "./bus.ts";

/** Learns whether other processes can be reached. */
export interface BusMonitorOwner {
  /** They can: for the first time, or again. */
  onUp(): void;
  /** They cannot, for now. Called once, however many attempts fail. */
  onDown(error: unknown): void;
  /** The bus has dropped messages. */
  onDropped(count: number): void;
}

/** See the head of this file. */
export class BusMonitor {
  readonly #bus: Bus;
  readonly #owner: BusMonitorOwner;
  readonly #trace: Trace;

  constructor(bus: Bus, owner: BusMonitorOwner, trace: Trace) {
    this.#bus = bus;
    this.#owner = owner;
    this.#trace = trace;
  }

  /** Sends a message; `false` where the bus drops it. */
  send(subject: string, message: Uint8Array): boolean {
    const sent = this.#bus.publish(subject, message);
    if (sent) return true;
    this.#owner.onDropped(1);
    if (this.#trace.active) this.#trace.publish({ type: "message dropped", bytes: message.length });
    return false;
  }

  /** The bus carries messages. */
  up(): void {
    if (this.#trace.active) this.#trace.publish({ type: "backplane up", bus: this.#bus.name });
    this.#owner.onUp();
  }

  /** The bus carries nothing for now. */
  down(error: unknown): void {
    this.failed(error);
    this.#owner.onDown(error);
  }

  /** The bus cannot be opened. The error of the opening tells the owner. */
  failed(error: unknown): void {
    if (!this.#trace.active) return;
    this.#trace.publish({ type: "backplane down", bus: this.#bus.name, reason: String(error) });
  }
}
