import { beforeEach, describe, expect, it } from "vitest";
import { type SignalSource, SignalWatch, type Stoppable } from "../../../src/app/serve/signals.ts";

type Signal = "SIGINT" | "SIGTERM";

/** A process that a test sends signals to. */
class FakeProcess implements SignalSource {
  readonly listeners = new Map<Signal, Set<(signal: Signal) => void>>([
    ["SIGINT", new Set()],
    ["SIGTERM", new Set()],
  ]);
  readonly exits: number[] = [];

  on(signal: Signal, listener: (signal: Signal) => void): void {
    this.listeners.get(signal)?.add(listener);
  }

  off(signal: Signal, listener: (signal: Signal) => void): void {
    this.listeners.get(signal)?.delete(listener);
  }

  listenerCount(signal: Signal): number {
    return this.listeners.get(signal)?.size ?? 0;
  }

  exit(code: number): void {
    this.exits.push(code);
  }

  send(signal: Signal): void {
    for (const listener of [...(this.listeners.get(signal) ?? [])]) listener(signal);
  }
}

class Server implements Stoppable {
  readonly calls: string[] = [];
  end = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  drain(): Promise<void> {
    this.calls.push("drain");
    return this.#ended;
  }

  stop(): Promise<void> {
    this.calls.push("stop");
    return this.#ended;
  }
}

let source: FakeProcess;
let watch: SignalWatch;
let isWorker: boolean;

beforeEach(() => {
  source = new FakeProcess();
  isWorker = false;
  watch = new SignalWatch(source, () => isWorker);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("SignalWatch", () => {
  it("drains all servers upon SIGTERM, and then ends the process", async () => {
    const servers = [new Server(), new Server()];
    for (const server of servers) watch.add(server);
    source.send("SIGTERM");
    servers[0]?.end();
    await settled();
    expect([servers.map(({ calls }) => calls), source.exits]).toEqual([[["drain"], ["drain"]], []]);
    servers[1]?.end();
    await settled();
    expect(source.exits).toEqual([0]);
  });

  it("stops upon SIGINT", async () => {
    const server = new Server();
    watch.add(server);
    source.send("SIGINT");
    server.end();
    await settled();
    expect([server.calls, source.exits]).toEqual([["stop"], [130]]);
  });

  it.each([
    ["SIGTERM", "SIGTERM", 143],
    ["SIGTERM", "SIGINT", 130],
  ] as const)("ends the process at once when %s is followed by %s", async (first, second, code) => {
    const server = new Server();
    watch.add(server);
    source.send(first);
    source.send(second);
    expect([server.calls, source.exits]).toEqual([["drain"], [code]]);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "lets a worker go on ending when SIGTERM follows %s",
    async (first) => {
      const server = new Server();
      isWorker = true;
      watch.add(server);
      source.send(first);
      source.send("SIGTERM");
      expect(source.exits).toEqual([]);
      source.send("SIGINT");
      expect(source.exits).toEqual([130]);
    },
  );

  it("leaves the end of the process to an application that listens itself", async () => {
    const server = new Server();
    const heard: string[] = [];
    source.on("SIGTERM", (signal) => heard.push(signal));
    watch.add(server);
    source.send("SIGTERM");
    server.end();
    await settled();
    expect([server.calls, heard, source.exits]).toEqual([["drain"], ["SIGTERM"], []]);
  });

  it("listens once for all servers, and not when the last one is gone", () => {
    const remove = [watch.add(new Server()), watch.add(new Server())];
    expect([source.listenerCount("SIGTERM"), source.listenerCount("SIGINT")]).toEqual([1, 1]);
    remove[0]?.();
    remove[0]?.();
    expect(source.listenerCount("SIGTERM")).toBe(1);
    remove[1]?.();
    expect([source.listenerCount("SIGTERM"), source.listenerCount("SIGINT")]).toEqual([0, 0]);
    watch.add(new Server());
    expect(source.listenerCount("SIGTERM")).toBe(1);
  });
});
