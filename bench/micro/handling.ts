/**
 * Benchmarks of handling: from the text of an event through its handler to the frame of its answer.
 * Everything but the network.
 */

import { PrivateSession } from "../../src/app/handlers/client-session.ts";
import { Dispatcher } from "../../src/app/handlers/dispatcher.ts";
import type { DispatcherOwner } from "../../src/app/handlers/dispatcher-owner.ts";
import { HandlerLookup } from "../../src/app/handlers/handler-lookup.ts";
import { HandlerRegistry } from "../../src/app/handlers/handler-table.ts";
import { type Declarations, ServerMetrics } from "../../src/app/metrics/server-metrics.ts";
import { noQueue } from "../../src/backplane/bus/queue-health.ts";
import type { LogRecord } from "../../src/base/log/log-record.ts";
import { resolveOptions } from "../../src/base/options.ts";
import type { Clock } from "../../src/base/time/clock.ts";
import { Trace } from "../../src/base/trace.ts";
import { emit } from "../../src/context/ambient.ts";
import { Hub } from "../../src/core/hub.ts";
import { hubOptions } from "../../src/core/hub-options.ts";
import { Engine } from "../../src/engine/engine.ts";
import { engineOptions } from "../../src/engine/engine-options.ts";
import { payload } from "../scenarios/scenario.ts";
import type { MicroBenchmark } from "./micro-benchmark.ts";
import { SilentClient } from "./silent-client.ts";

/** A clock whose ticks end only when the benchmark says so. */
const stoppedClock: Clock = { now: () => 0, after: () => ({ cancel() {} }), atTickEnd() {} };

/** The benchmarks of handling. */
export function handlingBenchmarks(): MicroBenchmark[] {
  const echo = `42${JSON.stringify(["echo", payload])}`;
  const ack = `421234${JSON.stringify(["ack", payload])}`;
  const sink = `42${JSON.stringify(["sink", payload])}`;
  const receive = receiver(false);
  const receiveMeasured = receiver(true);
  return [
    { name: "an event that is sent back", run: () => receive(echo) },
    { name: "an event that is acknowledged", run: () => receive(ack) },
    { name: "an event without a reply", run: () => receive(sink) },
    { name: "an event that is sent back, with metrics", run: () => receiveMeasured(echo) },
    { name: "an event that is acknowledged, with metrics", run: () => receiveMeasured(ack) },
    { name: "an event without a reply, with metrics", run: () => receiveMeasured(sink) },
  ];
}

/** A server with one client. The function receives a text from it, and returns the bytes written so far. */
function receiver(isMeasured: boolean): (text: string) => number {
  const fail = (error: unknown) => {
    throw error;
  };
  const trace = new Trace(fail);
  const registry = new HandlerRegistry();
  const table = registry.table("/");
  table.add("echo", (message) => emit("echo", message));
  table.add("ack", (message) => message);
  table.add("sink", () => {});
  // The limit is off, because no real client sends as much as this one.
  const unlimited = { maxEventsPerSecond: Number.MAX_SAFE_INTEGER, maxEventBurst: Number.MAX_SAFE_INTEGER };
  const options = resolveOptions({ ...engineOptions, ...hubOptions }, unlimited, "the benchmark");
  const hub: Hub = new Hub(
    {
      recoveryOf: () => null,
      onLost() {},
      handlersOf: () => dispatcher,
      rules: () => [],
      openSession: () => new PrivateSession(null),
      report: fail,
    },
    options,
    { clock: stoppedClock, trace },
  );
  const logger = { info() {}, warn: fail, error: (_: string, { err }: LogRecord) => fail(err) };
  const owner: DispatcherOwner = {
    registry,
    hub,
    trace,
    logger,
    middleware: [],
    isSerial: false,
    defaultErrorHandler: null,
    onStart() {},
    isWatched: () => false,
    onUnhandled() {},
    onEnd() {},
  };
  const dispatcher = new Dispatcher("/", null, owner);
  const engine = new Engine(
    options,
    {
      onConnection: (connection) => hub.clients.onConnection(connection),
      hasFile: () => false,
      serveFile: () => undefined,
      warn: fail,
      report: fail,
    },
    { clock: stoppedClock, trace },
  );
  const client = new SilentClient(engine);
  if (isMeasured) measure(engine, hub, owner);
  client.receive("40");
  return (text) => client.receive(text);
}

/** Turns metrics on, as the option `metrics` does. */
function measure(engine: Engine, hub: Hub, { registry }: { registry: HandlerRegistry }): void {
  const namespaces: Declarations = {
    declarationOf: (name) => name,
    lookup: (name) => new HandlerLookup(name, null, registry, []),
  };
  const clock = stoppedClock;
  new ServerMetrics({ engine, hub, namespaces, queue: () => noQueue, clock }).turnOn();
}
