/**
 * A program with two workers that OpenTelemetry traces, by the SDK that its first argument starts. Each
 * process prints its spans, one a line.
 */

import { SpanKind, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import type { startTracing as start } from "./start-tracing.ts";

/** A span as a test reads it. */
export interface PrintedSpan {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly links: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly pid: number;
}

function print(span: ReadableSpan): void {
  const { name, kind, attributes, links, parentSpanContext } = span;
  const { traceId, spanId } = span.spanContext();
  const parent = parentSpanContext?.spanId;
  const linked = links.map(({ context: { spanId } }) => spanId);
  const printed = { name, kind, traceId, spanId, parent, links: linked, attributes, pid: process.pid };
  process.stdout.write(`${JSON.stringify(printed)}\n`);
}

const { startTracing }: { startTracing: typeof start } = await import(
  process.argv[2] ?? "./start-tracing.ts"
);
startTracing(print);

const { emit, joinRoom, SocketIO } = await import("roomcast");
const { openTelemetry } = await import("roomcast/opentelemetry");

const socketio = new SocketIO({ logger: { info() {}, warn: console.error, error: console.error } });
openTelemetry(socketio);

/** Stands for a database whose driver is instrumented. */
async function save(text: string): Promise<void> {
  const span = trace.getTracer("database").startSpan("INSERT messages", { kind: SpanKind.CLIENT });
  await new Promise((resolve) => setTimeout(resolve, 2));
  span.setAttribute("db.length", text.length).end();
}

socketio.events({
  pid: () => process.pid,
  join: (room: string) => joinRoom(room),
  async say(text: string) {
    await save(text);
    emit("said", text, { to: "tea" });
    const answers = await socketio.servers.callAll("count", text, { timeout: 5000 });
    return answers.map(({ value }) => value);
  },
});
socketio.servers.on("count", async (text: string) => {
  await save(text);
  return process.pid;
});

const { url } = await socketio.run({ port: 0, workers: 2 });
if (process.env.ROOMCAST_WORKER === undefined) console.log(JSON.stringify({ url }));
