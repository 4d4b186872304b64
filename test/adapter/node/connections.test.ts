import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connections } from "../../../src/adapter/node/connections.ts";
import type { HttpServer } from "../../../src/adapter/node/shared-server.ts";
import { soon } from "../../support/waiting.ts";

class FakeServer extends EventEmitter {
  /** How often the server was told to close idle connections. */
  sweeps = 0;

  closeIdleConnections(): void {
    this.sweeps += 1;
  }
}

class FakeSocket extends EventEmitter {
  writableLength: number;
  isDestroyed = false;

  constructor(writableLength = 0) {
    super();
    this.writableLength = writableLength;
  }

  destroy(): void {
    this.isDestroyed = true;
    this.writableLength = 0;
    this.emit("close");
  }
}

function start() {
  const server = new FakeServer();
  const connections = new Connections(server as unknown as HttpServer);
  let finish = () => {};
  const close = vi.fn(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  return { server, connections, close, finish: () => finish() };
}

describe("Connections.close", () => {
  // The time after which connections are cut off passes only when a test says so.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it("closes the server at once where no answer waits", async () => {
    const { connections, close, finish, server } = start();
    server.emit("connection", new FakeSocket());
    const closing = connections.close(close);
    await Promise.resolve();
    expect(close).toHaveBeenCalledTimes(1);
    finish();
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["connection", "secureConnection"])(
    "waits for the answers of each socket that comes by the event %s",
    async (event) => {
      const { connections, close, finish, server } = start();
      const [first, second] = [new FakeSocket(10), new FakeSocket(20)];
      server.emit(event, first);
      server.emit(event, second);
      const closing = connections.close(close);
      first.writableLength = 0;
      await Promise.resolve();
      expect(close).not.toHaveBeenCalled();
      second.writableLength = 0;
      await soon(() => close.mock.calls.length).toBe(1);
      finish();
      await closing;
      expect([first.isDestroyed, second.isDestroyed]).toEqual([false, false]);
    },
  );

  it("does not wait for a socket that is gone", async () => {
    const { connections, close, finish, server } = start();
    const socket = new FakeSocket(10);
    server.emit("connection", socket);
    socket.emit("close");
    const closing = connections.close(close);
    await Promise.resolve();
    expect(close).toHaveBeenCalledTimes(1);
    finish();
    await closing;
  });

  it("cuts off, after a second, a client that does not take its answer", async () => {
    const { connections, close, finish, server } = start();
    const socket = new FakeSocket(10);
    server.emit("connection", socket);
    const closing = connections.close(close);
    vi.advanceTimersByTime(999);
    expect(socket.isDestroyed).toBe(false);
    vi.advanceTimersByTime(1);
    expect(socket.isDestroyed).toBe(true);
    await soon(() => close.mock.calls.length).toBe(1);
    finish();
    await closing;
  });

  it("closes the connections that become idle while the server closes, and the open sessions once", async () => {
    const { connections, close, finish, server } = start();
    const [open, gone] = [1, 2].map(() => Object.assign(new EventEmitter(), { close: vi.fn() }));
    server.emit("session", open);
    server.emit("session", gone);
    gone?.emit("close");
    const closing = connections.close(close);
    await soon(() => server.sweeps).toBeGreaterThan(1);
    finish();
    await closing;
    expect([open?.close.mock.calls.length, gone?.close.mock.calls.length]).toEqual([1, 0]);
  });

  it("ends its sweeping also when the server cannot be closed", async () => {
    const { connections } = start();
    const fault = new Error("not running");
    await expect(connections.close(() => Promise.reject(fault))).rejects.toBe(fault);
    expect(vi.getTimerCount()).toBe(0);
  });
});
