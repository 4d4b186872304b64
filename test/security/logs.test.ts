/** Names from clients in log lines: each line stays one line, and controls no terminal. */

import { ConnectionRefusedError, emit, joinRoom } from "roomcast";
import { describe, expect, it } from "vitest";
import { describeTrace } from "../../src/observe/debug-log.ts";
import { RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { deadline, soon } from "../support/waiting.ts";
import { openWire, upgradeFields } from "./hostile-client.ts";

/** A C1 control, line ends, and marks that reverse the reading direction of a line. */
const name = "a\u0085b\u009b2Jc\u2028d\u202ee\u2066f\ng";
const shown = "a\\u0085b\\u009b2Jc\\u2028d\\u202ee\\u2066f";

const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** The lines without the error texts, which the log of a test appends. */
const linesOf = (lines: readonly string[]) => lines.map((line) => line.split(": Error: ", 1)[0] ?? "");

describe("a name that a client has chosen", () => {
  it("is escaped in each line of the log", async () => {
    const { socketio, url, log } = await startServer({ debug: true, namespaces: "*" });
    socketio.on("*", (event: string) => {
      if (event === name) throw new Error("it failed");
    });
    socketio.on("join", async (room: string) => {
      await joinRoom(room);
      emit(room, room, { to: room, callback: () => Promise.reject(new Error("it failed")) });
    });
    const socket = new RawSocket(url);
    await socket.next();
    for (const packet of [
      "40",
      `40/${name},`,
      `421${JSON.stringify([name, name])}`,
      `422${JSON.stringify(["join", name])}`,
    ]) {
      socket.send(packet);
    }
    await soon(() => log.lines.some((line) => line.includes("joined room"))).toBe(true);
    socket.send('430["answer"]', '431["answer"]');
    await soon(() => log.lines.some((line) => line.includes("The handler failed"))).toBe(true);
    const lines = linesOf(log.lines);
    for (const line of lines) expect(line).not.toMatch(unprintable);
    for (const part of ["The handler failed: event", "<- ", "joined room ", "-> ", "connected"]) {
      expect(lines.filter((line) => line.includes(part) && line.includes(shown))).not.toEqual([]);
    }
  });

  it("is escaped in the line that tells an operator how to let a page in", async () => {
    const server = await startServer();
    const wire = openWire(server);
    wire.write(
      "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n",
      upgradeFields,
      Buffer.from("Origin: https://a\x9b2J.example\r\n\r\n", "latin1"),
    );
    await wire.until((received) => received.includes(" 403 "), deadline);
    const [line = ""] = server.log.lines.filter((each) => each.includes("Refused a page"));
    expect(line).not.toMatch(unprintable);
  });

  it("is escaped in the lines of traces, and is in their data as it was", async () => {
    const { socketio, url, trace } = await startServer({ namespaces: [] });
    socketio.on("connect", ({ reason }: { reason: string }) => {
      throw new ConnectionRefusedError(reason);
    });
    const socket = new RawSocket(url);
    await socket.next();
    socket.send(`40${JSON.stringify({ reason: name })}`);
    await soon(() => trace.some(({ type }) => type === "socket refused")).toBe(true);
    const refused = trace.find(({ type }) => type === "socket refused");
    expect(refused).toMatchObject({ message: name });
    for (const event of trace) expect(describeTrace(event)).not.toMatch(unprintable);
  });

  it("is escaped in the message of an error", async () => {
    const { socketio } = await startServer();
    const half = "\ud800";
    expect(() => socketio.emit("news", 1, { to: name + half })).toThrow(shown);
    expect(() => socketio.joinRoom(`sid~${name}`, { sid: "ada" })).toThrow(shown);
    await expect(socketio.call(name, 1, { sid: "ada" })).rejects.toThrow(shown);
    expect(() => socketio.emit("news", 1, { [name]: 1 } as object)).toThrow(shown);
  });
});
