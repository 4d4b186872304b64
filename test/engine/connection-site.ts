/** Connections on a fake clock, without an engine: a host and a listener that note what they hear. */

import { expect } from "vitest";
import { DeadlineQueue } from "../../src/base/time/deadline-queue.ts";
import { Trace } from "../../src/base/trace.ts";
import type { CloseReason } from "../../src/engine/close-reason.ts";
import { Connection, type ConnectionListener } from "../../src/engine/connection.ts";
import type { ConnectionHost, HostedConnection } from "../../src/engine/connection-host.ts";
import { type ConnectionMeter, TransportCounts } from "../../src/engine/connection-meter.ts";
import type { SlowConnection, TimedConnection } from "../../src/engine/connection-timers.ts";
import { Counters } from "../../src/engine/counters.ts";
import { Outbox } from "../../src/engine/outbox/outbox.ts";
import { OutgoingPacket } from "../../src/engine/outbox/outgoing-packet.ts";
import { PollingTransport } from "../../src/engine/transport/polling-transport.ts";
import type { Transport } from "../../src/engine/transport/transport.ts";
import type { Upgrade } from "../../src/engine/transport/upgrade.ts";
import { WebSocketTransport } from "../../src/engine/transport/websocket-transport.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type FakeBody, FakeExchange, fakeRequest } from "../support/fake-exchange.ts";
import { FakeLink } from "../support/fake-link.ts";

/** What connections share, with short times. */
export class Host implements ConnectionHost {
  readonly clock = new FakeClock();
  readonly outbox = new Outbox(this.clock);
  readonly trace = new Trace();
  watchers: ConnectionHost["watchers"] = null;
  readonly pings = new DeadlineQueue<TimedConnection>(this.clock, 1000, (connection) => connection.probe());
  readonly pongs = new DeadlineQueue<TimedConnection>(this.clock, 500, (connection) =>
    connection.terminate("ping timeout"),
  );
  readonly clientPingTimeouts = new DeadlineQueue<TimedConnection>(this.clock, 1500, (connection) =>
    connection.terminate("ping timeout"),
  );
  readonly upgrades = new DeadlineQueue<Upgrade>(this.clock, 300, (upgrade) => upgrade.cancel());
  readonly pollEnds = new DeadlineQueue<Upgrade>(this.clock, 100, (upgrade) => upgrade.endPoll());
  readonly closeTimeouts = new DeadlineQueue<TimedConnection>(this.clock, 400, (connection) =>
    connection.endFarewell(),
  );
  readonly retries = new DeadlineQueue<SlowConnection>(this.clock, 20, (connection) => connection.retry());
  readonly drains = new DeadlineQueue<SlowConnection>(this.clock, 20, (connection) =>
    connection.checkDrain(),
  );
  readonly counters = new Counters();
  readonly transports = new TransportCounts();
  meter: ConnectionMeter | null = null;
  handshakes = 0;
  readonly maxOutgoingBytes: number;
  readonly reported: unknown[] = [];
  readonly forgotten: HostedConnection[] = [];

  constructor(maxOutgoingBytes = 1000) {
    this.maxOutgoingBytes = maxOutgoingBytes;
  }

  pingPacket(): OutgoingPacket {
    return new OutgoingPacket("2");
  }

  onHandshake(): void {
    this.handshakes += 1;
  }

  onHandshakeEnd(): void {
    this.handshakes -= 1;
  }

  forget(connection: HostedConnection): void {
    this.forgotten.push(connection);
  }

  report(error: unknown): void {
    this.reported.push(error);
  }

  /** How many things wait for their time: nothing of a connection that has ended may. */
  get waiting(): number {
    const { pings, pongs, upgrades, pollEnds, closeTimeouts, drains, retries } = this;
    return [pings, pongs, upgrades, pollEnds, closeTimeouts, drains, retries].reduce(
      (sum, { size }) => sum + size,
      0,
    );
  }
}

/** Notes what a client says. */
export class Listener implements ConnectionListener {
  readonly heard: unknown[] = [];
  readonly ended: CloseReason[] = [];

  onText(text: string, start: number): void {
    this.heard.push(text.slice(start));
  }

  onBinary(bytes: Uint8Array): void {
    this.heard.push([...bytes]);
  }

  onClose(reason: CloseReason): void {
    this.ended.push(reason);
  }
}

/** What the connections of a test share. */
export class ConnectionSite {
  host = new Host();
  listener = new Listener();
  readonly opened: Connection[] = [];

  /** Opens a connection on a transport. */
  open<T extends Transport>(
    make: (connection: Connection) => T,
    hears: ConnectionListener = this.listener,
  ): { connection: Connection; transport: T } {
    const connection = new Connection(this.host, "id", this.opened.length + 1, fakeRequest());
    const transport = make(connection);
    connection.open(transport, hears);
    this.opened.push(connection);
    return { connection, transport };
  }

  /** Opens a connection that polls. */
  openPolling(hears?: ConnectionListener): { connection: Connection; transport: PollingTransport } {
    const options = {
      maxHttpBufferSize: 1000,
      maxPacketsPerPayload: 3,
      httpCompression: false,
      compressionThreshold: 0,
      responseHeaders: () => ({}),
    };
    return this.open((connection) => new PollingTransport(options, connection), hears);
  }

  /** Opens a connection on a WebSocket. */
  openWebSocket(hears?: ConnectionListener): { connection: Connection; link: FakeLink } {
    const link = new FakeLink();
    const { connection, transport } = this.open(
      (connection) => new WebSocketTransport(link, connection),
      hears,
    );
    link.listener = transport;
    return { connection, link };
  }

  /** Checks that the connection has ended, and that nothing in the server remembers it. */
  expectGone(connection: Connection, reason: CloseReason): void {
    const { host, listener } = this;
    expect(connection.isOpen).toBe(false);
    expect(listener.ended).toEqual([reason]);
    expect(host.forgotten).toEqual([connection]);
    expect(host.waiting).toBe(0);
    expect(host.clock.timerCount).toBe(0);
    expect(say(connection, "4late")).toEqual([false]);
    host.clock.advance(10_000);
    expect([listener.ended, host.forgotten]).toEqual([[reason], [connection]]);
  }
}

/** Sends a connection a poll, which it takes. */
export function poll(connection: Connection): FakeExchange {
  const exchange = new FakeExchange();
  expect(connection.poll(exchange)).toBe(true);
  return exchange;
}

/** Sends a connection a post, which it takes. */
export async function post(connection: Connection, body: FakeBody): Promise<FakeExchange> {
  const exchange = new FakeExchange(fakeRequest("/", { method: "POST" }), body);
  expect(connection.post(exchange)).toBe(true);
  await settled();
  return exchange;
}

/** Begins to move a connection to a WebSocket. */
export function beginUpgrade(connection: Connection): FakeLink {
  const link = new FakeLink();
  link.listener = connection.beginUpgrade(link);
  return link;
}

/** Gives promises that are fulfilled the time to call their handlers. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** Sends packets over a connection. */
export function say(connection: Connection, ...texts: string[]): boolean[] {
  return texts.map((text) => connection.send(new OutgoingPacket(text)));
}

/** A volatile packet. */
export const volatile = (text: string): OutgoingPacket => new OutgoingPacket(text, [], { volatile: true });
