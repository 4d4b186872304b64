import { type Contract, SocketIO } from "roomcast";
import { describe, expect, expectTypeOf, it } from "vitest";
import { LogLines } from "../support/log-lines.ts";

describe("servers", () => {
  it("go nowhere where there is one process, except to itself on request", async () => {
    const socketio = new SocketIO({ logger: new LogLines() });
    const heard: unknown[] = [];
    socketio.servers.on("note", (value: unknown) => {
      heard.push(value);
      return "noted";
    });
    socketio.servers.emit("note", 1);
    expect(await socketio.servers.callAll("note", 2)).toEqual([]);
    socketio.servers.emit("note", 3, { includeSelf: true });
    const answers = await socketio.servers.callAll("note", 4, { includeSelf: true });
    expect(answers).toEqual([
      { server: expect.stringMatching(new RegExp(`:${process.pid}$`)), value: "noted" },
    ]);
    expect(answers.missing).toEqual([]);
    expect(heard).toEqual([3, 4]);
    await socketio.stop();
  });

  it("explain unusable handlers, names and options", async () => {
    const socketio = new SocketIO({ logger: new LogLines() });
    const { servers } = socketio;
    servers.on("note", () => {});
    expect(() => servers.on("note", () => {})).toThrow(
      'The servers\' event "note" has a handler already. Call servers.off("note") first to replace it.',
    );
    expect(() => servers.on("", () => {})).toThrow(expect.objectContaining({ code: "ERR_EVENT_NAME" }));
    expect(() => servers.emit("roomcast:rooms", 1)).toThrow(
      'The servers\' event "roomcast:rooms" cannot be used: names that begin with "roomcast:" are Roomcast\'s own.',
    );
    expect(() => servers.on("other", 1 as never)).toThrow(expect.objectContaining({ code: "ERR_HANDLER" }));
    expect(() => servers.emit("note", 1, { includeSelf: 1 as never })).toThrow(
      expect.objectContaining({ code: "ERR_OPTION" }),
    );
    await expect(servers.callAll("note", 1, { timeout: 0 })).rejects.toMatchObject({ code: "ERR_OPTION" });
    await socketio.stop();
  });

  it("are not harmed by a process that says what they do not understand", async () => {
    const log = new LogLines();
    const socketio = new SocketIO({ logger: log }).onPresence("user:", {});
    expect(await socketio.servers.handle("roomcast:rooms told", [5])).toEqual({ failure: "handler failed" });
    expect(log.lines).toEqual([
      expect.stringContaining('error The handler of the servers\' event "roomcast:rooms told" failed'),
    ]);
    await socketio.stop();
  });

  it("have none of it in the formats of other servers", async () => {
    const socketio = new SocketIO({
      messageQueue: "redis://127.0.0.1:1",
      format: "python-socketio",
      logger: new LogLines(),
    });
    expect(() => socketio.servers.emit("note")).toThrow(
      'The format "python-socketio" has no events from server to server.',
    );
    await socketio.stop();
  });

  it("follow the contract", () => {
    interface Mine extends Contract {
      serverEvents: { load(unit: string): number; clear(): void };
    }
    const check = (socketio: SocketIO<Mine>) => {
      socketio.servers.on("load", (unit) => unit.length);
      socketio.servers.emit("clear");
      // @ts-expect-error: it is text
      socketio.servers.emit("load", 1);
      // @ts-expect-error: there is no such event
      socketio.servers.emit("lode", "x");
      return socketio.servers.callAll("load", "percent");
    };
    type Answer = Awaited<ReturnType<typeof check>>[number];
    expectTypeOf<NonNullable<Answer["value"]>>().toEqualTypeOf<number>();
  });
});
