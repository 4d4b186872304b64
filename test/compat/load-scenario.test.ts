/** `roomcast load --scenario` against each server: what a scenario can do, and how it ends. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emit, joinRoom, SocketIO, session } from "roomcast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../support/command-line.ts";
import { type SocketServer, startSocketServers } from "../support/socket-servers/socket-servers.ts";

const names = [
  "roomcast",
  "socket.io 4",
  "socket.io 2",
  ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : ["python-socketio"]),
];
const folder = mkdtempSync(join(tmpdir(), "roomcast-scenario-"));
let servers: readonly SocketServer[];

beforeAll(async () => {
  servers = await startSocketServers();
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true });
});

/** Ends of tests, which scenarios call by their numbers. */
const ends: AbortController[] = [];
Reflect.set(globalThis, "endTest", (test: number) => ends[test]?.abort());

/** Runs a scenario against a server, or a URL, to its end. */
async function run(name: string, scenario: string, ...flags: string[]) {
  const control = new AbortController();
  const test = ends.push(control) - 1;
  const path = join(folder, `scenario-${test}.mjs`);
  writeFileSync(path, `const endTest = () => globalThis.endTest(${test});\n${scenario}`);
  const url = servers.find((server) => server.name === name)?.url ?? name;
  const transport = name === "python-socketio" ? ["--transport", "polling"] : [];
  const { code, lines, errors } = await runCommandLine(
    ["load", url, "--scenario", path, "--json", ...transport, ...flags],
    { signal: control.signal },
  );
  const results = lines.map((line) => JSON.parse(line));
  return { code, errors, figures: results.find(({ type }) => type === "result"), results };
}

describe.concurrent.each(names)("with a server of %s", (name) => {
  it("runs a scenario in each client", async () => {
    const { code, figures } = await run(
      name,
      `let done = 0;
      export default {
        clients: 5, ramp: 50, duration: "1m", failIf: "done < 5",
        connect: ({ index, random }) => ({
          namespace: "/private",
          auth: { token: index < 5 && random() < 1 ? "secret" : "" },
        }),
        async run({ index, id, emit, call, on, next, wait, mark, count, time }) {
          if (id === "") throw new Error("no id");
          on("question", (number) => number * 6);
          const thanks = next("thanks");
          emit("ask me");
          const [answer] = await thanks;
          count("answers", answer);
          const said = next("said");
          const back = await call("say", { from: index, mark: mark() });
          const [event] = await said;
          if (back.from !== index || event.from !== index) throw new Error("someone else's");
          const two = await call("say", 1, "two");
          if (two.join() !== "1,two") throw new Error("values are lost");
          const bytes = await call("say", Buffer.from([1, 2, 3]));
          if (bytes.length !== 3) throw new Error("bytes are lost");
          const numbers = [];
          const off = on("number", (number) => numbers.push(number));
          emit("count", 3);
          while (numbers.length < 3) await wait(5);
          off();
          time("all", 5);
          count("done");
          if (++done === 5) endTest();
          for (;;) await wait("1h");
        },
      };`,
    );
    expect(figures.errors).toEqual({});
    expect(figures).toMatchObject({
      ...{ clients: 5, connected: 5, failures: {}, disconnects: {}, unanswered: 0, broken: [] },
      ...{ tallies: { answers: 5 * 42, done: 5 }, lag: { count: 5 }, doubles: 0, gaps: 0 },
      times: { say: { count: 15 }, all: { count: 5, max: 5 } },
    });
    expect(code).toBe(0);
  });
});

it.concurrent("runs the scenario of the documentation", async () => {
  const page = readFileSync(new URL("../../docs/load-tests.md", import.meta.url), "utf8");
  const [, program = ""] = /<!-- example: scenario -->\n\n```ts\n([\s\S]*?)```/.exec(page) ?? [];
  const source = new URL("../../src/load.ts", import.meta.url).href;
  const socketio = new SocketIO({ logger: { info() {}, warn() {}, error() {} } });
  const tokens = new Set<string>();
  socketio.on("connect", ({ token }: { token: string }) => {
    tokens.add(token);
  });
  socketio.on("join", (room: string) => {
    session.room = room;
    joinRoom(room);
  });
  socketio.on("say", (message: unknown) => {
    emit("said", message, { to: session.room });
  });
  const { url } = await socketio.run({ port: 0 });
  try {
    const { code, figures } = await run(
      url,
      program.replace('"roomcast/load"', JSON.stringify(source)),
      ...["--clients", "20", "--ramp", "100ms", "--for", "2500ms", "--timeout", "15s"],
      // A busy machine may take longer.
      ...["--fail-if", "say.p99 > 15s"],
    );
    expect(tokens.size).toBe(20);
    expect(figures.errors).toEqual({});
    expect(figures).toMatchObject({ connected: 20, unanswered: 0, gaps: 0, doubles: 0, disorder: 0 });
    expect(figures.times.say.count).toBe(figures.sent - 20);
    // Two are in each room.
    expect(figures.tallies.heard).toBeGreaterThan(20);
    expect(figures.broken.filter((text: string) => text !== "say.p99 > 100ms")).toEqual([]);
    expect(code).toBe(figures.broken.length);
  } finally {
    await socketio.stop();
  }
});

it.concurrent("counts what a scenario throws, and calls and events that do not come", async () => {
  const { code, figures, results } = await run(
    "roomcast",
    `export default {
      clients: 2, ramp: 0, duration: "1m", failIf: ["errors > 0", "paid < 1", "pay.p99 > 1s"],
      async run({ index, emit, call, next, on, wait }) {
        if (index === 1) throw new Error("it broke");
        await call("silent").catch(() => {});
        await next("never", "100ms").catch(() => {});
        await call("nothing").catch(() => {});
        on("said", () => { throw new Error("not this one"); });
        const said = next("said");
        emit("say", "x");
        await said;
        endTest();
      },
    };`,
    ...["--timeout", "4s"],
  );
  expect(figures.errors).toEqual({
    "it broke": 1,
    'no answer to "silent" within 4 s': 1,
    'no event "never" within 100 ms': 1,
    'The server answered "nothing" with an error: The server has no handler for this event. (ERR_NO_HANDLER)': 1,
    'in the handler of "said": not this one': 1,
  });
  expect(code).toBe(1);
  expect(results.at(-1).broken).toEqual(["errors > 0", "paid < 1", "pay.p99 > 1s"]);
});

it.concurrent("ends a client that leaves, and what it waits for", async () => {
  const { figures } = await run(
    "roomcast",
    `export default { clients: 3, ramp: 0, duration: 300, async run({ disconnect, signal, count, wait }) {
      signal.addEventListener("abort", () => count("over"));
      disconnect();
      await wait("1h").catch(({ name }) => count(name));
    } };`,
  );
  expect(figures).toMatchObject({ connected: 3, disconnects: {}, errors: {} });
  expect(figures.tallies).toEqual({ over: 3, ScenarioOver: 3 });
  expect(figures.samples.at(-1).clients).toBe(0);
});

it.concurrent("counts clients that the scenario cannot connect, and those that are refused", async () => {
  const { code, figures, errors } = await run(
    "roomcast",
    `export default { clients: 4, ramp: 0, duration: 100, connect({ index }) {
      if (index < 2) throw new Error("no token for me");
      return { namespace: "/private", headers: { "X-Client": String(index) } };
    } };`,
  );
  expect(code).toBe(2);
  expect(errors).toBe("");
  expect(figures.failures).toEqual({
    "connect() of the scenario: no token for me": 2,
    'the namespace refuses: {"message":"wrong token","data":{"hint":"ask Ada"}}': 2,
  });
});
