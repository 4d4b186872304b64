/** `roomcast load` against each server: its counts are those of the server. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SocketIO } from "roomcast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { type SocketServer, startSocketServers } from "../support/socket-servers/socket-servers.ts";
import { soon } from "../support/waiting.ts";

const names = [
  "roomcast",
  "socket.io 4",
  "socket.io 2",
  ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : ["python-socketio"]),
];
let servers: readonly SocketServer[];

beforeAll(async () => {
  servers = await startSocketServers();
});

afterAll(() => Promise.all(servers.map((server) => server.stop())));

function urlOf(name: string): string {
  const url = servers.find((server) => server.name === name)?.url;
  if (url === undefined) throw new Error(`${name} does not run.`);
  return url;
}

async function load(name: string, ...flags: string[]) {
  const transport = name === "python-socketio" ? ["--transport", "polling"] : [];
  const { code, lines, errors } = await runCommandLine([
    ...["load", urlOf(name), "--json", "--ramp", "100ms", ...transport, ...flags],
  ]);
  const results = lines.map((line) => JSON.parse(line));
  return { code, errors, figures: results.find(({ type }) => type === "result"), results };
}

describe.concurrent.each(names)("with a server of %s", (name) => {
  it("counts clients, events and answers", async () => {
    const { code, figures } = await load(
      name,
      ...["--clients", "10", "--event", "say", "--call", "--rate", "20", "--for", "1500ms", "--expect", "1"],
    );
    expect(code).toBe(0);
    // On a busy machine there is no time for all 30.
    const { sent } = figures;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThanOrEqual(30);
    // `say` sends each event back to its sender.
    expect(figures).toMatchObject({
      ...{
        clients: 10,
        connected: 10,
        unanswered: 0,
        received: sent,
        lost: 0,
        doubles: 0,
        disorder: 0,
      },
      ...{
        failures: {},
        disconnects: {},
        answers: { count: sent },
        lag: { count: sent },
        connects: { count: 10 },
      },
    });
    expect(figures.lag.p99).toBeGreaterThan(0);
    expect(figures).toMatchObject({ gaps: 0, untracked: 0, errors: {} });
    expect(figures.own.cpu).toBeGreaterThan(0);
    expect(figures.own.late.count).toBe(sent);
    expect(figures.samples.at(-1)).toMatchObject({ clients: 10 });
  });

  it("gives each client a namespace and auth of its own, and sends binary values", async () => {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-load-"));
    try {
      writeFileSync(join(folder, "a.bin"), Buffer.alloc(200, 1));
      const { code, figures } = await load(
        name,
        ...[
          "--clients",
          "4",
          "-n",
          "/private",
          "-n",
          "/chat",
          "--auth",
          '{"token":"secret","from":"{{client}}"}',
        ],
        ...[
          "--event",
          "say",
          "--data",
          `@${join(folder, "a.bin")}`,
          "--data",
          '{"text":"{{mark}}","from":{{client}}}',
        ],
        ...["--call", "--rate", "40", "--for", "300ms", "--expect", "1"],
      );
      expect(code).toBe(0);
      expect(figures).toMatchObject({
        connected: 4,
        failures: {},
        lost: 0,
        unanswered: 0,
        received: figures.sent,
      });
      expect(figures.bytesIn).toBeGreaterThan(2 * 200 * figures.sent);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.concurrent.each([
  ["roomcast", "auto"],
  ["roomcast", "polling"],
  ["socket.io 4", "auto"],
  ["socket.io 4", "polling"],
  ["socket.io 2", "auto"],
] as const)("a server of %s over %s", (name, transport) => {
  it("carries all events", async () => {
    const { code, figures } = await load(
      name,
      ...["--transport", transport, "--clients", "4", "--event", "say", "--call"],
      ...["--rate", "40", "--for", "500ms", "--expect", "1"],
    );
    expect(code).toBe(0);
    expect(figures).toMatchObject({ connected: 4, lost: 0, doubles: 0, disorder: 0, gaps: 0, unanswered: 0 });
    expect(figures.received).toBe(figures.sent);
  });
});

it("agrees with the counters of the server, to the unit", async () => {
  const socketio = new SocketIO({ metrics: true, logger: { info() {}, warn() {}, error() {} } });
  socketio.on("say", (text: string) => {
    socketio.emit("said", text);
    return text;
  });
  const { url } = await socketio.run({ port: 0 });
  try {
    const { lines } = await runCommandLine([
      ...["load", url, "--json", "--clients", "20", "--ramp", "100ms", "--event", "say", "--call"],
      ...["--rate", "50", "--for", "1s", "--expect", "20"],
    ]);
    const figures = JSON.parse(lines.at(-1) ?? "");
    const read = async () => {
      const metrics = await socketio.metrics();
      return (name: string) => {
        const { samples = [] } = metrics.find((metric) => metric.name === name) ?? {};
        return samples.reduce((sum, sample) => sum + ("value" in sample ? sample.value : 0), 0);
      };
    };
    await soon(async () => (await read())("roomcast_connections")).toBe(0);
    const counter = await read();
    const { sent } = figures;
    expect(sent).toBeGreaterThan(0);
    expect(counter("roomcast_connections_opened_total")).toBe(20);
    expect(counter("roomcast_sockets_connected_total")).toBe(figures.connected);
    expect(counter("roomcast_events_received_total")).toBe(sent);
    expect(counter("roomcast_events_sent_total")).toBe(sent);
    expect(figures).toMatchObject({ received: 20 * sent, lost: 0, answers: { count: sent } });
    expect(counter("roomcast_received_bytes_total")).toBe(figures.bytesOut);
    expect(counter("roomcast_sent_bytes_total")).toBe(figures.bytesIn);
  } finally {
    await socketio.stop();
  }
});

it.concurrent("counts answers that are errors", async () => {
  const { figures } = await load(
    "roomcast",
    ...["--clients", "2", "--event", "nothing", "--call", "--rate", "20", "--for", "200ms"],
  );
  const [[reason, count] = []] = Object.entries(figures.errors);
  expect(reason).toMatch(/answered "nothing" with an error: .*ERR_NO_HANDLER/);
  expect(count).toBe(figures.sent);
});

it.concurrent("reports events that are lost and calls without an answer, and fails where that was the condition", async () => {
  const { code, figures, results } = await load(
    "roomcast",
    ...["--clients", "2", "--event", "silent", "--call", "--rate", "20", "--for", "200ms", "--expect", "1"],
    ...["--timeout", "5s", "--fail-if", "lost > 0", "--fail-if", "p99 > 1s"],
  );
  expect(code).toBe(1);
  const { sent } = figures;
  expect(sent).toBeGreaterThan(0);
  expect(figures).toMatchObject({ unanswered: sent, lost: sent, broken: ["lost > 0"] });
  expect(results.at(-1)).toMatchObject({ type: "error", message: "The test failed: lost > 0." });
});

it.concurrent("counts disconnects and refusals by reason", async () => {
  const kicked = await load("roomcast", ...["--clients", "3", "--emit", "'kick me'", "--for", "300ms"]);
  expect(kicked.figures.disconnects).toEqual({ "server closed": 3 });
  const refused = await runCommandLine([
    "load",
    `${urlOf("roomcast")}/private`,
    "--clients",
    "2",
    "--for",
    "100ms",
  ]);
  expect(refused.code).toBe(1);
  expect(refused.lines).toContainEqual(
    expect.stringMatching(/^refused {3}2 × the namespace refuses: .*wrong token/),
  );
  const absent = await runCommandLine([
    "load",
    `localhost:${await freePort()}`,
    "--clients",
    "2",
    "--for",
    "100ms",
  ]);
  expect(absent).toMatchObject({ code: 2, errors: "error No client connected: ECONNREFUSED.\n" });
});

it.concurrent("ends early on Ctrl-C, with what it has", async () => {
  const control = new AbortController();
  const { code, lines } = await runCommandLine(
    [
      "load",
      urlOf("roomcast"),
      "--clients",
      "2",
      "--ramp",
      "10ms",
      "--event",
      "say",
      "--for",
      "5m",
      "--json",
    ],
    {
      signal: control.signal,
      onOutput: (output) => {
        if (/"type":"progress".*"sent":[1-9]/.test(output)) control.abort();
      },
    },
  );
  expect(code).toBe(0);
  const figures = JSON.parse(lines.at(-1) ?? "");
  expect(figures).toMatchObject({ type: "result", connected: 2, unanswered: 0 });
  expect(figures.sent).toBeGreaterThan(0);
});
