/** The command line against stock servers of Socket.IO 4 and 2, python-socketio, and Roomcast. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commands } from "../../src/cli/command-list.ts";
import { runCommandLine, shellWords } from "../support/command-line.ts";
import { freePort } from "../support/free-port.ts";
import { type SocketServer, startSocketServers } from "../support/socket-servers/socket-servers.ts";

const names = [
  "roomcast",
  "socket.io 4",
  "socket.io 2",
  ...(process.env.ROOMCAST_SKIP_PYTHON ? [] : ["python-socketio"]),
];
let servers: readonly SocketServer[];
const folder = mkdtempSync(join(tmpdir(), "roomcast-command-line-"));
writeFileSync(join(folder, "photo.png"), Buffer.from([1, 2, 3]));
writeFileSync(join(folder, "package.json"), "{}");
writeFileSync(join(folder, "password.txt"), "correct horse\n");
writeFileSync(join(folder, "server.cjs"), 'require("socket.io")(3000).emit("x");\n');
writeFileSync(
  join(folder, "contract.mjs"),
  'export const chat = { "~contract": 1, parts: { client: { say: { values: [], answer: [], errors: {} } } } };\n',
);
writeFileSync(join(folder, "idle.cjs"), "setInterval(() => {}, 1000);\n");
mkdirSync(join(folder, "node_modules"));
symlinkSync(
  fileURLToPath(new URL("../../node_modules/typescript-5.4", import.meta.url)),
  join(folder, "node_modules/typescript"),
);

beforeAll(async () => {
  servers = await startSocketServers();
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await Promise.all(servers.map((server) => server.stop()));
});

function urlOf(name: string): string {
  const url = servers.find((server) => server.name === name)?.url;
  if (url === undefined) throw new Error(`${name} does not run.`);
  return url;
}

describe.concurrent.each(names)("with a server of %s", (name) => {
  it("calls, and prints the answer", async () => {
    const one = await runCommandLine(["call", urlOf(name), "say", '{"text":"hi"}']);
    expect(one).toEqual({ code: 0, lines: ['{"text":"hi"}'], errors: "" });
    const several = await runCommandLine(["call", urlOf(name), "say", "1", "two", "007"]);
    expect(several.lines).toEqual(['[1,"two","007"]']);
  });

  it("sends the bytes of a file, and prints bytes", async () => {
    const { lines } = await runCommandLine([
      ...["call", urlOf(name), "say", `@${join(folder, "photo.png")}`, "--json"],
    ]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "answer", values: [{ $base64: "AQID" }] });
  });

  it("emits, and leaves", async () => {
    expect(await runCommandLine(["emit", urlOf(name), "say", "hello"])).toEqual({
      code: 0,
      lines: [],
      errors: "",
    });
  });

  it("listens until there are enough events", async () => {
    const { code, lines } = await runCommandLine([
      ...["listen", urlOf(name), "number", "--emit", "count 5", "--count", "3"],
    ]);
    expect(code).toBe(0);
    expect(lines.map((line) => line.split(" ").slice(1, 3).join(" "))).toEqual([
      "number 1",
      "number 2",
      "number 3",
    ]);
  });

  it("counts events by name", async () => {
    const { code, lines } = await runCommandLine([
      ...["listen", urlOf(name), "--emit", "count 5", "--count", "5", "--rate", "--json"],
    ]);
    expect(code).toBe(0);
    const rates = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === "rate");
    // A line each second: on a busy machine the events come in more than one.
    expect(
      rates.map(({ byEvent }) => byEvent.number?.events ?? 0).reduce((sum, events) => sum + events),
    ).toBe(5);
  });

  it("joins a namespace with a token, and says why it was refused without", async () => {
    const url = `${urlOf(name)}/private`;
    const accepted = await runCommandLine(["call", url, "say", "1", "--auth", '{"token":"secret"}']);
    expect(accepted).toMatchObject({ code: 0, lines: ["1"] });
    const { code, errors } = await runCommandLine(["call", url, "say", "1", "--auth", '{"token":"x"}']);
    expect(code).toBe(1);
    expect(errors).toMatch(/^error The namespace "\/private" refused the client: .*ask Ada.*\n$/);
  });

  it("says that a namespace is not there", async () => {
    const { code, errors } = await runCommandLine(["emit", `${urlOf(name)}/nowhere`, "say"]);
    expect(code).toBe(1);
    expect(errors).toMatch(/refused the client: (Invalid namespace|Unable to connect)/);
  });

  it("talks through a pipe: sends, waits, answers, changes the namespace", async () => {
    const record = join(folder, `${name}.jsonl`);
    const input = [
      ...["# a note", 'emit "ask me"', "wait question", 'answer 1 {"a": 1}', "wait thanks"],
      ...["call say 5", 'namespace /private {"token":"secret"}', `call say @${join(folder, "photo.png")}`],
      ...["leave", "status", "reconnect", "call say 6", "exit", "emit never"],
    ].join("\n");
    const { code, lines } = await runCommandLine(["connect", urlOf(name), "--record", record], { input });
    const said = lines.map((line) => line.split(" ").slice(1).join(" "));
    const expected = [
      /^· Connected over polling in /,
      /^· In the namespace \/ as /,
      /^→ "ask me"|→ ask me/,
      /^← question 7 \d+ B wants an answer: answer 1$/,
      /^→ answer 1 \{"a":1\}$/,
      /^← thanks \{"a":1\} /,
      /^→ say 5/,
      /^← answer to say 5 \d.* ms, \d+ B$/,
      /^· In the namespace \/private as /,
      /^← answer to say <3 bytes 010203> /,
      /^· Left the namespace \/private\.$/,
      /^· (polling|websocket).*, Engine\.IO [34], ping every 25 s; in \/$/,
      /^· Connected over polling in /,
      /^← answer to say 6 /,
    ];
    expect(expected.filter((pattern) => !said.some((line) => pattern.test(line)))).toEqual([]);
    expect(said.join("\n")).not.toContain("never");
    expect(code).toBe(0);
    const recorded = readFileSync(record, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(recorded.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        "connected",
        "joined",
        "sent",
        "event",
        "answered",
        "called",
        "answer",
        "left",
        "status",
      ]),
    );
  });

  it("goes on after a mistake in a pipe, and ends with its code", async () => {
    const input = 'emti say\ncall silent\nsay 1\njoin tea\ncall say 2\nemit say {"a":\nleave\nemit say';
    const { code, lines } = await runCommandLine(["connect", urlOf(name), "--timeout", "5s"], { input });
    const errors = lines.filter((line) => line.startsWith("error "));
    expect(errors).toEqual([
      'error There is no command "emti". Did you mean emit? To send an event: emit emti say',
      expect.stringContaining('No answer to "silent" within 5 s'),
      expect.stringContaining('There is no command "say".'),
      expect.stringContaining("A server puts clients into rooms"),
      expect.stringContaining('{"a": is not JSON.'),
      'error Not in the namespace "/": `namespace /` joins it.',
    ]);
    expect(code).toBe(1);
  });

  it("ends with 124 when no answer comes", async () => {
    const { code, errors } = await runCommandLine(["call", urlOf(name), "silent", "--timeout", "5s"]);
    expect(code).toBe(124);
    expect(errors).toContain('No answer to "silent" within 5 s');
  });

  it("says that the server ended its stay", async () => {
    const { code, errors } = await runCommandLine(["listen", urlOf(name), "--emit", "'kick me'"]);
    expect(code).toBe(1);
    expect(errors).toMatch(/The server ended the client's stay|The server closed/);
  });

  it.skipIf(name === "python-socketio")("connects over WebSocket alone", async () => {
    const { code, lines } = await runCommandLine([
      "call",
      urlOf(name),
      "say",
      "1",
      "--transport",
      "websocket",
    ]);
    expect({ code, lines }).toEqual({ code: 0, lines: ["1"] });
  });
});

describe("help", () => {
  it.each(commands.flatMap(({ examples }) => examples.map(({ line }) => line)))(
    "shows `%s`, which works",
    async (line) => {
      const [, ...argv] = shellWords(
        line
          .replace("http://localhost:5000", urlOf("roomcast"))
          .replace("roomcast dev server.ts", `roomcast dev ${folder}/idle.cjs`)
          .replace("roomcast init ", `roomcast init ${folder}/`)
          .replace("contract.ts", `${folder}/contract.mjs`)
          .replace("asyncapi.json", `${folder}/asyncapi.json`)
          .replace("@password", `@${folder}/password`)
          .replace(/ \.(?= |$)/, ` ${folder}`),
      );
      // What runs until Ctrl-C gets it at once.
      const signal = argv[0] === "dev" ? AbortSignal.abort() : new AbortController().signal;
      expect(await runCommandLine(argv, { signal })).toMatchObject({ code: 0, errors: "" });
    },
  );
});

describe("a server that is not there", () => {
  it("is exit code 2", async () => {
    const url = `localhost:${await freePort()}`;
    const { code, lines } = await runCommandLine(["emit", url, "x", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ type: "error", code: 2 });
    expect(lines[0]).toContain("Nothing listens there (ECONNREFUSED)");
  });
});

describe("an answer that is an error", () => {
  it.each([
    '{"error":{"code":"muted","message":"The server refused this event.","data":{"until":5}}}',
    '{"error":{"code":"ERR_INVALID_EVENT","message":"x","issues":[{"message":"y","path":[0]}]}}',
    '{"error":{"code":"ERR_UNKNOWN_EVENT","message":"x"}}',
  ])("is a failure in each of its forms: %s", async (answer) => {
    const finished = await runCommandLine(["call", urlOf("socket.io 4"), "say", answer, "--json"]);
    expect(finished.code).toBe(1);
    expect(JSON.parse(finished.lines[1] ?? "")).toMatchObject({ type: "error", ...JSON.parse(answer) });
  });

  it("is a failure where it is Roomcast's own", async () => {
    const { code, lines, errors } = await runCommandLine(["call", urlOf("roomcast"), "syaa"]);
    expect(code).toBe(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ error: { code: "ERR_NO_HANDLER" } });
    expect(errors).toBe(
      'error The server answered "syaa" with an error: The server has no handler for this event. (ERR_NO_HANDLER)\n',
    );
    const json = await runCommandLine(["call", urlOf("roomcast"), "syaa", "--json"]);
    expect(json.lines.map((line) => JSON.parse(line).type)).toEqual(["answer", "error"]);
    const piped = await runCommandLine(["connect", urlOf("roomcast")], { input: "call syaa\ncall say 1" });
    expect(piped.code).toBe(1);
    expect(piped.lines.join("\n")).toContain("answer to say 1");
  });

  it.each([
    '{"error":{"code":"ERR_BAD_NAME","message":"no"}}',
    '{"error":{"code":"ERR_NO_HANDLER","message":"no","at":1}}',
    '{"error":"ERR_NO_HANDLER"}',
  ])("is a value like others where it is the application's: %s", async (answer) => {
    const finished = await runCommandLine(["call", urlOf("socket.io 4"), "say", answer]);
    expect(finished).toEqual({ code: 0, lines: [answer], errors: "" });
  });
});

describe("auth for a server of Socket.IO 2", () => {
  it("goes into the query, where that server looks for it", async () => {
    const { code, lines } = await runCommandLine([
      ...["call", urlOf("socket.io 2"), "query", "--auth", '{"token":"x"}'],
    ]);
    expect([code, lines]).toEqual([0, ['"x"']]);
  });
});
