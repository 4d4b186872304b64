import { trace } from "@opentelemetry/api";
import { emit, type SocketIO } from "roomcast";
import { openTelemetry } from "roomcast/opentelemetry";
import { expect, it } from "vitest";
import {
  recordedMetrics,
  spanned,
  takeSpans,
  tracer,
  tracerProvider,
} from "./observe/opentelemetry/recorded-spans.ts";
import { joinedClient, portlessServer } from "./support/portless-server.ts";

it("a server's events, with what their handlers do, are spans until it is stopped", async () => {
  const { socketio } = portlessServer();
  const stop = openTelemetry(socketio, { tracerProvider, metrics: false });
  socketio.on("say", async () => {
    await null;
    tracer.startSpan("query").end();
    trace.getActiveSpan()?.setAttribute("order", 5);
    emit("said", 1, { broadcast: true });
  });
  const client = await joinedClient(socketio);
  await client.call("say");
  const spans = takeSpans();
  const say = spans.find(({ name }) => name === "/ say");
  const parents = spans.map(({ name, parentSpanContext }) => [name, parentSpanContext?.spanId]);
  const own = say?.spanContext().spanId;
  expect(parents.slice(-3)).toEqual([
    ["query", own],
    ["emit said", own],
    ["/ say", undefined],
  ]);
  expect(say && spanned(say).attributes).toMatchObject({ order: 5, "rpc.method": "/ say" });
  expect(say?.links.map(({ context }) => context.spanId)).toEqual(
    spans.filter(({ name }) => name.startsWith("GET ")).map((span) => span.spanContext().spanId),
  );
  stop();
  await client.call("say");
  expect(takeSpans().map(({ name }) => name)).toEqual(["query"]);
});

it("a server's metrics are instruments", async () => {
  const { socketio } = portlessServer();
  const { meterProvider, read } = recordedMetrics();
  openTelemetry(socketio, { tracerProvider, meterProvider });
  socketio.on("say", () => {});
  const client = await joinedClient(socketio);
  await client.call("say");
  const metrics = await read();
  const opened = metrics.get("roomcast.connections_opened")?.dataPoints ?? [];
  expect(opened.map(({ value }) => value)).toContain(1);
  expect(metrics.get("rpc.server.call.duration")?.dataPoints).toHaveLength(2);
  takeSpans();
});

it("takes servers and known options only, and each server once", () => {
  const { socketio } = portlessServer();
  expect(() => openTelemetry({} as SocketIO)).toThrow(
    expect.objectContaining({ code: "ERR_APP", message: expect.stringContaining("openTelemetry()") }),
  );
  expect(() => openTelemetry(socketio, { spans: false } as object)).toThrow(
    expect.objectContaining({ code: "ERR_OPTION" }),
  );
  const stop = openTelemetry(socketio);
  expect(() => openTelemetry(socketio)).toThrow(expect.objectContaining({ code: "ERR_STATE" }));
  stop();
  openTelemetry(socketio)();
});
