/** The two ends of a channel between a process and its worker, without processes. */

import { EventEmitter } from "node:events";
import type { MetricsPeer } from "../../../src/app/metrics/metrics-message.ts";

/** One end. Messages that are sent there arrive at the other. */
export class PeerEnd extends EventEmitter implements MetricsPeer {
  other: PeerEnd | null = null;
  connected = true;
  readonly sent: unknown[] = [];

  send(message: unknown, callback?: (error: Error | null) => void): boolean {
    this.sent.push(message);
    queueMicrotask(() => {
      this.other?.emit("message", structuredClone(message));
      callback?.(null);
    });
    return true;
  }
}

/** Two ends that are connected. */
export function peerPair(): { worker: PeerEnd; primary: PeerEnd; cut(): void } {
  const worker = new PeerEnd();
  const primary = new PeerEnd();
  worker.other = primary;
  primary.other = worker;
  const cut = () => {
    worker.connected = primary.connected = false;
    worker.emit("disconnect");
    primary.emit("disconnect");
  };
  return { worker, primary, cut };
}
