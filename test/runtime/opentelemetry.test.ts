import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { io, type Socket } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { nodeLts } from "../support/runtimes.ts";
import { deadline, nextEvent, soon, within } from "../support/waiting.ts";
import { Child } from "./support/child.ts";
import type { PrintedSpan } from "./support/traced-program.ts";

const here = fileURLToPath(new URL("support/", import.meta.url));

const sdk3 = fileURLToPath(new URL("opentelemetry-3/", import.meta.url));

/** A handshake, an event, its database calls and its broadcast in another process are one trace. */
async function expectOneTrace(child: Child): Promise<void> {
  const spans: PrintedSpan[] = [];
  let url = "";
  void (async () => {
    for (;;) {
      const line = JSON.parse(await child.line());
      if ("url" in line) url = line.url;
      else spans.push(line);
    }
  })().catch(() => {});
  await soon(() => url).not.toBe("");

  const connect = async (traceId: string): Promise<[socket: Socket, pid: number]> => {
    const traceparent = `00-${traceId}-${"7".repeat(16)}-01`;
    const socket = io(url, {
      forceNew: true,
      transports: ["polling", "websocket"],
      auth: { traceparent },
      extraHeaders: { traceparent },
    });
    onTestFinished(() => void socket.disconnect());
    return [socket, await within("the process", socket.emitWithAck("pid"))];
  };

  const traceId = randomBytes(16).toString("hex");
  const [speaker, pid] = await connect(traceId);
  let listener: Socket | undefined;
  let listenerPid = 0;
  const end = performance.now() + deadline;
  while (listener === undefined && performance.now() < end) {
    const [socket, other] = await connect(randomBytes(16).toString("hex"));
    if (other === pid) socket.disconnect();
    else [listener, listenerPid] = [socket, other];
  }
  if (listener === undefined) throw new Error("all clients are in one process");
  await listener.emitWithAck("join", "tea");
  const said = nextEvent(listener, "said");
  expect(await speaker.emitWithAck("say", "hello")).toEqual([listenerPid]);
  expect(await said).toEqual(["hello"]);

  const own = () => spans.filter((span) => span.traceId === traceId);
  const find = (name: string, process = pid) =>
    own().find((span) => span.name === name && span.pid === process);
  await soon(
    () => find("/ say") && find("INSERT messages", listenerPid) && find("deliver said", listenerPid),
  ).toBeDefined();
  const client = "7".repeat(16);
  const handshake = own().find(({ name, pid: process }) => name === "GET /socket.io/" && process === pid);
  expect(handshake).toMatchObject({
    parent: client,
    kind: 1,
    attributes: { "http.request.method": "GET", "http.response.status_code": 200, "url.path": "/socket.io/" },
  });
  expect(find("/ connect")).toMatchObject({
    parent: client,
    links: expect.arrayContaining([handshake?.spanId]),
  });
  const say = find("/ say");
  expect(say).toMatchObject({
    parent: client,
    kind: 1,
    links: [handshake?.spanId],
    attributes: {
      "rpc.system.name": "socketio",
      "rpc.method": "/ say",
      "rpc.status_code": "OK",
      "roomcast.acknowledged": true,
    },
  });
  expect(find("INSERT messages")).toMatchObject({ parent: say?.spanId });
  const emitted = find("emit said");
  expect(emitted).toMatchObject({
    parent: say?.spanId,
    kind: 3,
    attributes: { "roomcast.rooms": ["tea"], "roomcast.clients": 0 },
  });
  expect(find("deliver said", listenerPid)).toMatchObject({
    parent: emitted?.spanId,
    kind: 4,
    attributes: { "roomcast.clients": 1 },
  });
  expect(find("INSERT messages", listenerPid)).toMatchObject({ parent: say?.spanId });
}

describe("a trace over several processes", () => {
  it("is whole with OpenTelemetry's SDK 2", async () => {
    await expectOneTrace(new Child(here, ["--import", "tsx", "traced-program.ts"]));
  });

  it.skipIf(nodeLts.path === undefined)(
    "is whole with OpenTelemetry's SDK 3",
    { timeout: 60_000 },
    async () => {
      if (!existsSync(`${sdk3}node_modules`)) {
        await promisify(execFile)("npm", ["ci", "--prefix", sdk3, "--ignore-scripts"]);
      }
      const args = ["--import", "tsx", "traced-program.ts", `${sdk3}start-tracing.mjs`];
      await expectOneTrace(new Child(here, args, {}, nodeLts.path));
    },
  );
});
