/** Counts and measures the connections of one server. */

import type { ClientMeter } from "../../core/client/client-registry.ts";
import type { CloseReason } from "../../engine/close-reason.ts";
import type { ConnectionMeter } from "../../engine/connection-meter.ts";
import type { TransportName } from "../../engine/engine-options.ts";
import { definitionOf } from "../../observe/metrics/catalogue.ts";
import { Histogram } from "../../observe/metrics/histogram.ts";
import type { Samples } from "../../observe/metrics/samples.ts";

/** The metrics of connections. */
export class ConnectionMetrics implements ConnectionMeter, ClientMeter {
  readonly #received: Record<TransportName, number> = { polling: 0, websocket: 0 };
  readonly #sent: Record<TransportName, number> = { polling: 0, websocket: 0 };
  readonly #pings = new Histogram(definitionOf("roomcast_ping_duration_seconds").bounds);
  readonly #durations = new Map<CloseReason, Histogram>();

  onReceived(transport: TransportName, bytes: number): void {
    this.#received[transport] += bytes;
  }

  onSent(transport: TransportName, bytes: number): void {
    this.#sent[transport] += bytes;
  }

  onPong(milliseconds: number): void {
    this.#pings.observe(milliseconds / 1000);
  }

  onClose(reason: CloseReason, milliseconds: number): void {
    let durations = this.#durations.get(reason);
    if (durations === undefined) {
      durations = new Histogram(definitionOf("roomcast_connection_duration_seconds").bounds);
      this.#durations.set(reason, durations);
    }
    // The machine's time of day may have been set back.
    durations.observe(Math.max(0, milliseconds) / 1000);
  }

  /** Adds what was counted. */
  collect(samples: Samples): void {
    samples.addAll("roomcast_received_bytes_total", "transport", this.#received);
    samples.addAll("roomcast_sent_bytes_total", "transport", this.#sent);
    samples.addHistogram("roomcast_ping_duration_seconds", this.#pings);
    for (const [reason, durations] of this.#durations) {
      samples.addHistogram("roomcast_connection_duration_seconds", durations, { reason });
    }
  }
}
