/** An engine on a fake clock, below a layer that notes what it hears. Requests come without a network. */

import { expect } from "vitest";
import { resolveOptions } from "../../src/base/options.ts";
import { Trace, type TraceEvent } from "../../src/base/trace.ts";
import type { CloseReason } from "../../src/engine/close-reason.ts";
import type { Connection, ConnectionListener } from "../../src/engine/connection.ts";
import { Counters } from "../../src/engine/counters.ts";
import { Engine, type EngineOwner } from "../../src/engine/engine.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";
import { FakeClock } from "../support/fake-clock.ts";
import {
  type FakeBody,
  FakeExchange,
  FakeUpgradeExchange,
  fakeRequest,
  type RequestDetails,
} from "../support/fake-exchange.ts";
import { FakeLink } from "../support/fake-link.ts";

/** A request that opens a connection over polling. */
export const polling = "/socket.io/?EIO=4&transport=polling";

/** A request that opens a connection over a WebSocket. */
export const webSocket = "/socket.io/?EIO=4&transport=websocket";

/** Notes what one client says. */
export class Listener implements ConnectionListener {
  readonly connection: Connection;
  readonly heard: string[] = [];
  readonly ended: CloseReason[] = [];

  constructor(connection: Connection) {
    this.connection = connection;
  }

  onText(text: string, start: number): void {
    this.heard.push(text.slice(start));
  }

  onBinary(): void {}

  onClose(reason: CloseReason): void {
    this.ended.push(reason);
  }
}

class Owner implements EngineOwner {
  readonly clients: Listener[] = [];
  readonly warnings: string[] = [];
  readonly reported: unknown[] = [];

  onConnection(connection: Connection): ConnectionListener {
    const listener = new Listener(connection);
    this.clients.push(listener);
    return listener;
  }

  hasFile(name: string) {
    return name.endsWith(".js");
  }

  serveFile(name: string) {
    if (name === "broken.js") throw new Error("of the disk");
    return name === "socket.io.js" ? { status: 200, headers: {}, body: "script" } : undefined;
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  report(error: unknown): void {
    this.reported.push(error);
  }
}

/** What engines of a test share. */
export class EngineSite {
  readonly clock = new FakeClock();
  readonly owner = new Owner();
  readonly counters = new Counters();
  readonly traced: TraceEvent[] = [];
  /** The trace of the engine that was made last. */
  trace = new Trace();

  makeEngine(options: object = {}): Engine {
    const trace = new Trace();
    this.trace = trace;
    trace.listen((event) => this.traced.push(event));
    const resolved = resolveOptions(engineOptions, options, "the engine");
    return new Engine(resolved, this.owner, { clock: this.clock, trace, counters: this.counters });
  }

  /** A new client that polls. */
  connectPolling(engine: Engine): { sid: string; client: Listener } {
    const { sid } = handshakeOf(request(engine, polling).packets[0]);
    return { sid, client: this.owner.clients.at(-1) as Listener };
  }

  /** A new client on a WebSocket. */
  connectWebSocket(engine: Engine): { link: FakeLink; client: Listener } {
    const { link } = upgrade(engine, webSocket);
    this.clock.endTick();
    return { link, client: this.owner.clients.at(-1) as Listener };
  }

  /** Checks that nothing of any connection is left. */
  expectEmpty({ connections }: Engine): void {
    expect(connections.size).toBe(0);
    const { pings, pongs, clientPingTimeouts, upgrades, closeTimeouts } = connections;
    expect([pings, pongs, clientPingTimeouts, upgrades, closeTimeouts].map(({ size }) => size)).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(this.clock.timerCount).toBe(0);
  }
}

/** Hands an engine a request. */
export function request(
  engine: Engine,
  url: string,
  details?: RequestDetails,
  body?: FakeBody,
): FakeExchange {
  const exchange = new FakeExchange(fakeRequest(url, details), body);
  engine.handleRequest(exchange);
  return exchange;
}

/** Hands an engine a request for a WebSocket, which opens at once unless it is delayed. */
export function upgrade(
  engine: Engine,
  url: string,
  details?: RequestDetails,
  delayed?: boolean,
): FakeUpgradeExchange {
  const exchange = new FakeUpgradeExchange(fakeRequest(url, details), new FakeLink(), delayed);
  engine.handleUpgrade(exchange);
  return exchange;
}

/** Polls within a session. */
export function poll(engine: Engine, sid: string): FakeExchange {
  return request(engine, `${polling}&sid=${sid}`);
}

/** Posts a body within a session. */
export async function post(engine: Engine, sid: string, body: FakeBody): Promise<FakeExchange> {
  const exchange = request(engine, `${polling}&sid=${sid}`, { method: "POST" }, body);
  await settled();
  return exchange;
}

/** Gives promises that are fulfilled the time to call their handlers. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** The content of a handshake's packet. */
export function handshakeOf(packet: unknown): { sid: string; [setting: string]: unknown } {
  expect(String(packet).charAt(0)).toBe("0");
  return JSON.parse(String(packet).slice(1));
}

/** What a refusal says: its status, and Engine.IO's code and message. */
export function refusalOf(
  exchange: FakeExchange | FakeUpgradeExchange,
): [number | undefined, unknown, unknown] {
  const response = exchange instanceof FakeExchange ? exchange.response : exchange.refusal;
  const { code, message } = JSON.parse(String(response?.body ?? "{}"));
  return [response?.status, code, message];
}
