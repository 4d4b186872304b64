import { EventEmitter } from "node:events";
import { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type DetachedUpgrade, HandoverWorker } from "../../../src/adapter/node/socket-handover.ts";

/** A process that was forked, as it looks from inside. */
class ForkedProcess extends EventEmitter {
  readonly sent: unknown[] = [];

  send(message: unknown): boolean {
    this.sent.push(message);
    return true;
  }
}

function start() {
  const process = new ForkedProcess();
  const taken: DetachedUpgrade[] = [];
  new HandoverWorker("b", process, (upgrade) => taken.push(upgrade));
  const socket = new Socket();
  onTestFinished(() => void socket.destroy());
  return {
    taken,
    socket,
    arrive(id: string) {
      const parcel = { to: "b", id, method: "GET", url: "/socket.io/", headers: {}, head: new Uint8Array(0) };
      process.emit("message", { roomcastHandover: "socket", parcel }, socket);
    },
    letGo: (id: string) => process.emit("message", { roomcastHandover: "yours", id }),
  };
}

describe("a socket that another process hands over", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is used when no other process holds it, and for as long as it lives", () => {
    const { socket, taken, arrive, letGo } = start();
    arrive("a 1");
    expect(taken).toEqual([]);
    letGo("a 1");
    expect(taken).toMatchObject([{ socket, url: "/socket.io/" }]);
    vi.advanceTimersByTime(60_000);
    expect(socket.destroyed).toBe(false);
  });

  it("is closed when its sender has not closed its copy after ten seconds", () => {
    const { socket, taken, arrive, letGo } = start();
    arrive("a 1");
    vi.advanceTimersByTime(9_999);
    expect(socket.destroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.destroyed).toBe(true);
    letGo("a 1");
    expect(taken).toEqual([]);
  });

  it("is used once, whatever is said of it again", () => {
    const { taken, arrive, letGo } = start();
    arrive("a 1");
    letGo("a 2");
    letGo("a 1");
    letGo("a 1");
    expect(taken).toHaveLength(1);
  });
});
