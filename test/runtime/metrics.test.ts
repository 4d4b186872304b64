import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { receivedBytes, sentBytes } from "../../src/engine/transport/traffic.ts";
import { freePort } from "../support/free-port.ts";
import { nextEvent, soon, within } from "../support/waiting.ts";
import { Child } from "./support/child.ts";

const here = fileURLToPath(new URL("support/", import.meta.url));

async function start(workers: number): Promise<string> {
  const child = new Child(here, ["--import", "tsx", "metrics-program.ts", String(workers)]);
  return within("the address", child.line());
}

/** The samples of a scrape by name and labels, as they stand in the text. */
async function scrape(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" ") + 1)),
    ]),
  );
}

/** The samples of one metric, by its labels. */
function samplesOf(all: Record<string, number>, name: string): Record<string, number> {
  const found = Object.entries(all).filter(([key]) => key === name || key.startsWith(`${name}{`));
  return Object.fromEntries(found.map(([key, value]) => [key.slice(name.length), value]));
}

/** Connects stock clients to one program. */
class Visitors {
  readonly #url: string;
  readonly #sockets: Socket[] = [];
  /** How many times each event arrived, at all clients together. */
  readonly heard = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
  }

  async connect(options: object = {}, namespace = "/"): Promise<Socket> {
    const socket = this.open(options, namespace);
    await nextEvent(socket, "connect");
    return socket;
  }

  open(options: object = {}, namespace = "/"): Socket {
    const socket = io(`${this.#url}${namespace}`, {
      transports: ["websocket"],
      forceNew: true,
      reconnectionDelay: 10,
      ...options,
    });
    this.#sockets.push(socket);
    socket.onAny((event: string) => this.heard.set(event, (this.heard.get(event) ?? 0) + 1));
    socket.on("question", (answer: (value: string) => void) => answer("yes"));
    onTestFinished(() => void socket.disconnect());
    return socket;
  }

  /** All clients leave. */
  leave(): void {
    for (const socket of this.#sockets) socket.disconnect();
  }
}

/** An hour of traffic in miniature, without what only one process can do. */
async function traffic(url: string, visitors: Visitors): Promise<void> {
  const clients = [
    await visitors.connect(),
    await visitors.connect(),
    await visitors.connect({ transports: ["polling"] }),
  ];
  const upgrading = await visitors.connect({ transports: ["polling", "websocket"] });
  await soon(() => upgrading.io.engine.transport.name).toBe("websocket");
  clients.push(upgrading);
  const [first, second, third] = clients as [Socket, Socket, Socket, Socket];

  const refused = visitors.open({ auth: { refuse: true }, reconnection: false });
  await nextEvent(refused, "connect_error");
  for (const query of ["transport=pigeon&EIO=4", "transport=polling&EIO=9"])
    expect((await fetch(`${url}/socket.io/?${query}`)).status).toBe(400);

  for (let count = 0; count < 10; count += 1) await first.emitWithAck("say", `grün ${count}`);
  for (let count = 0; count < 3; count += 1) await second.emitWithAck("fail");
  for (let count = 0; count < 5; count += 1) third.emit(`invented ${count}`);
  for (const client of clients) await client.emitWithAck("join", "tea");
  for (let count = 0; count < 4; count += 1) await first.emitWithAck("shout", "tea");
  await soon(() => visitors.heard.get("news")).toBe(16);
  expect(await third.emitWithAck("ask")).toBe("yes");

  const limited = await visitors.connect({}, "/limited");
  for (let count = 0; count < 3; count += 1) limited.emit("drop");
  // The answer comes behind the events.
  await limited.emitWithAck("drop");

  const slow = await visitors.connect({ reconnection: false });
  const { _socket: network } = (slow.io.engine.transport as unknown as { ws: { _socket: { pause(): void } } })
    .ws;
  slow.emit("flood");
  network.pause();
  await soon(
    async () => (await scrape(url))['roomcast_connections_closed_total{reason="slow consumer"}'],
  ).toBe(1);
  // All that came before may take less time than the first ping needs.
  await soon(async () => ((await scrape(url)).roomcast_ping_duration_seconds_count ?? 0) > 0).toBe(true);
}

/** What the metrics say after the traffic, once all clients have left. */
async function expectTraffic(url: string): Promise<Record<string, number>> {
  await soon(async () => samplesOf(await scrape(url), "roomcast_connections")).toEqual({
    '{transport="polling"}': 0,
    '{transport="websocket"}': 0,
  });
  await soon(async () => samplesOf(await scrape(url), "roomcast_events_sent_total")).toEqual({
    '{namespace="/",event="_OTHER"}': 1,
    '{namespace="/",event="flood"}': 60,
    '{namespace="/",event="news"}': 4,
  });
  const all = await scrape(url);
  expect(samplesOf(all, "roomcast_events_received_total")).toEqual({
    '{namespace="/",event="_OTHER"}': 5,
    '{namespace="/",event="say"}': 10,
    '{namespace="/",event="fail"}': 3,
    '{namespace="/",event="join"}': 4,
    '{namespace="/",event="shout"}': 4,
    '{namespace="/",event="ask"}': 1,
    '{namespace="/",event="flood"}': 1,
    '{namespace="/limited",event="drop"}': 4,
  });
  expect(samplesOf(all, "roomcast_handler_errors_total")).toMatchObject({
    '{namespace="/",event="fail"}': 3,
    '{namespace="/",event="say"}': 0,
  });
  expect(samplesOf(all, "roomcast_handler_duration_seconds_count")).toMatchObject({
    '{namespace="/",event="say"}': 10,
    '{namespace="/",event="fail"}': 3,
    '{namespace="/",event="shout"}': 4,
  });
  expect(all['roomcast_broadcast_clients_sum{namespace="/"}']).toBe(16);
  expect(all['roomcast_acknowledgements_requested_total{namespace="/"}']).toBe(1);
  expect(all['roomcast_acknowledgement_duration_seconds_count{namespace="/"}']).toBe(1);
  expect(all['roomcast_limits_reached_total{limit="maxNamespaceEventsPerSecond"}']).toBe(3);
  expect(all['roomcast_limits_reached_total{limit="maxOutgoingBytes"}']).toBe(1);
  expect(all['roomcast_requests_refused_total{reason="unknownTransport"}']).toBe(1);
  expect(all['roomcast_requests_refused_total{reason="unsupportedVersion"}']).toBe(1);
  expect(samplesOf(all, "roomcast_sockets_refused_total")['{namespace="/"}']).toBe(1);
  expect(all.roomcast_connections_upgraded_total).toBe(1);
  expect(all.roomcast_ping_duration_seconds_count).toBeGreaterThan(0);
  expect(all.roomcast_event_loop_delay_seconds_count).toBeGreaterThan(0);
  const opened = Object.values(samplesOf(all, "roomcast_connections_opened_total"));
  const closed = Object.values(samplesOf(all, "roomcast_connections_closed_total"));
  const lasted = Object.values(samplesOf(all, "roomcast_connection_duration_seconds_count"));
  expect(sum(closed)).toBe(sum(opened));
  expect(sum(lasted)).toBe(sum(opened));
  return all;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe("the metrics of a server with stock clients", () => {
  it("equal what the clients did, to the unit, and Prometheus reads them", async () => {
    const url = await start(0);
    const visitors = new Visitors(url);
    await traffic(url, visitors);
    const lost = await visitors.connect();
    const returned = nextEvent(lost, "connect");
    lost.io.engine.close();
    await returned;
    expect(lost.recovered).toBe(true);
    const answer = await fetch(`${url}/metrics`);
    checkWithPromtool(await answer.text());
    visitors.leave();
    const all = await expectTraffic(url);
    expect(samplesOf(all, "roomcast_connections_opened_total")).toEqual({
      '{transport="polling"}': 2,
      // Two clients, one that was refused, one with a limit, one that was slow, and one that came twice.
      '{transport="websocket"}': 7,
    });
    expect(all['roomcast_recovery_returns_total{namespace="/",outcome="recovered"}']).toBe(1);
    expect(all['roomcast_sockets_connected_total{namespace="/"}']).toBe(7);
    // The slow client may return; those that left do not.
    expect(samplesOf(all, "roomcast_recovery_waiting")['{namespace="/"}']).toBe(1);
    await expectBytes(url, all);
    await expectPrometheus(url);
  });

  it("are those of all workers together, also of one that was killed", async () => {
    const url = await start(2);
    const visitors = new Visitors(url);
    await traffic(url, visitors);
    visitors.leave();
    const before = await expectTraffic(url);
    expect(before.roomcast_processes).toBe(3);
    const [read] = await Promise.all([scrape(url), scrape(url), scrape(url)]);
    const victim = await visitors.connect({ reconnection: false });
    victim.emit("crash");
    await nextEvent(victim, "disconnect");
    await soon(async () => (await scrape(url)).roomcast_processes).toBe(3);
    const after = await scrape(url);
    const counted = Object.keys(read ?? {}).filter((key) => /_(total|count|bucket)(\{|$)/.test(key));
    expect(counted.filter((key) => (after[key] ?? 0) < (read?.[key] ?? 0))).toEqual([]);
  });
});

/** A client on a bare WebSocket knows how many bytes go each way. */
async function expectBytes(url: string, before: Record<string, number>): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
  onTestFinished(() => socket.terminate());
  let sent = 0;
  let received = 0;
  const say = (text: string) => {
    received += receivedBytes(Buffer.byteLength(text));
    socket.send(text);
  };
  socket.on("message", (data: Buffer) => {
    sent += sentBytes(data.length);
    if (String(data) === "2") say("3");
  });
  await nextEvent(socket, "open");
  say("40");
  say(`42["invented","grün","${"x".repeat(200)}"]`);
  const bytes = (all: Record<string, number>, name: string) =>
    all[`roomcast_${name}_bytes_total{transport="websocket"}`] ?? 0;
  await soon(async () => {
    const now = await scrape(url);
    const counted = ["sent", "received"].map((name) => bytes(now, name) - bytes(before, name));
    return received > 200 && counted[0] === sent && counted[1] === received;
  }).toBe(true);
  socket.close();
}

/** The programs of Prometheus; `null` where they are to be skipped. */
const program = process.env.ROOMCAST_SKIP_PROMETHEUS
  ? null
  : (process.env.PROMETHEUS ?? "/usr/bin/prometheus");

function checkWithPromtool(text: string): void {
  if (program === null) return;
  const promtool = program.replace(/prometheus$/, "promtool");
  const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
}

/** What Prometheus answers to a query. */
interface PrometheusAnswer {
  readonly data?: { readonly result: readonly { readonly value: [time: number, value: string] }[] };
}

/** A real Prometheus scrapes the program, and answers a query. */
async function expectPrometheus(url: string): Promise<void> {
  if (program === null) return;
  const folder = mkdtempSync(join(tmpdir(), "roomcast-prometheus-"));
  const port = await freePort();
  const target = new URL(url).host;
  writeFileSync(
    join(folder, "prometheus.yml"),
    `scrape_configs:\n  - job_name: roomcast\n    scrape_interval: 200ms\n    static_configs:\n      - targets: ["${target}"]\n`,
  );
  const prometheus = spawn(
    program,
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: "ignore" },
  );
  onTestFinished(async () => {
    const ended = once(prometheus, "close");
    prometheus.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const query = async (expression: string) => {
    const answer = await fetch(
      `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`,
    ).catch(() => new Response("{}"));
    // Until it is ready, it answers with text.
    const { data } = (await answer.json().catch(() => ({}))) as PrometheusAnswer;
    return data?.result[0]?.value[1];
  };
  await soon(() => query('sum(roomcast_events_received_total{event="say"})')).toBe("10");
  expect(await query("histogram_quantile(0.5, sum by (le) (roomcast_broadcast_clients_bucket))")).toMatch(
    /^\d/,
  );
}
