/** Counts what connections receive and send while an administrator looks, beside the metrics. */

import type { ConnectionMeter } from "../engine/connection-meter.ts";
import type { TransportName } from "../engine/engine-options.ts";

/** Connections that can be measured. */
export interface MeteredConnections {
  /** Gets what they measure; `null` while nothing wants it. */
  meter: ConnectionMeter | null;
}

/** The meter of the admin interface. */
export class TrafficCount implements ConnectionMeter {
  packetsIn = 0;
  bytesIn = 0;
  packetsOut = 0;
  bytesOut = 0;
  readonly #connections: MeteredConnections;
  /** The meter of metrics, where they are on. */
  #next: ConnectionMeter | null = null;

  constructor(connections: MeteredConnections) {
    this.#connections = connections;
    this.attach();
  }

  /** Measures, also if metrics were turned on since. */
  attach(): void {
    if (this.#connections.meter === this) return;
    this.#next = this.#connections.meter;
    this.#connections.meter = this;
  }

  /** Measures no more. */
  stop(): void {
    if (this.#connections.meter === this) this.#connections.meter = this.#next;
  }

  onReceived(transport: TransportName, bytes: number): void {
    this.packetsIn += 1;
    this.bytesIn += bytes;
    this.#next?.onReceived(transport, bytes);
  }

  onSent(transport: TransportName, bytes: number): void {
    this.packetsOut += 1;
    this.bytesOut += bytes;
    this.#next?.onSent(transport, bytes);
  }

  onPong(milliseconds: number): void {
    this.#next?.onPong(milliseconds);
  }
}
