/** `roomcast load` against each server: its counts are those of the server. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { type SocketServer, startSocketServers } from "../support/socket-servers/socket-servers.ts";

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
  });
});

it("reports events that are lost and calls without an answer, and fails where that was the condition", async () => {
  const { code, figures, results } = await load(
    "roomcast",
    ...["--clients", "2", "--event", "silent", "--call", "--rate", "20", "--for", "200ms", "--expect", "1"],
    ...["--fail-if", "lost > 0", "--fail-if", "p99 > 1s"],
  );
  expect(code).toBe(1);
  const { sent } = figures;
  expect(sent).toBeGreaterThan(0);
  expect(figures).toMatchObject({ unanswered: sent, lost: sent, broken: ["lost > 0"] });
  expect(results.at(-1)).toMatchObject({ type: "error", message: "The test failed: lost > 0." });
});

it("counts disconnects and refusals by reason", async () => {
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

it("ends early on Ctrl-C, with what it has", async () => {
  const control = new AbortController();
  const running = runCommandLine(
    ["load", urlOf("roomcast"), "--clients", "2", "--ramp", "10ms", "--event", "say", "--for", "60s"],
    { signal: control.signal },
  );
  setTimeout(() => control.abort(), 300);
  const { code, lines } = await running;
  expect(code).toBe(0);
  expect(lines[0]).toMatch(/^clients {3}2 of 2 connected/);
});
