import { SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { serverEventProblem } from "../../../src/app/cluster/cluster-setup.ts";
import { LogBook, portlessServer } from "../../support/portless-server.ts";
import { soon } from "../../support/waiting.ts";

describe("a server", () => {
  it("is alone without a message queue", async () => {
    const { socketio } = portlessServer();
    expect(await socketio.servers.callAll("status")).toEqual([]);
  });

  it("reaches the others on its message queue, and no server on another channel", async () => {
    const messageQueue = "memory://cluster-setup";
    const [one, two, other] = [undefined, undefined, "other"].map((channel) => {
      const socketio = new SocketIO({ messageQueue, logger: new LogBook(), ...(channel && { channel }) });
      onTestFinished(() => socketio.stop());
      return socketio;
    }) as [SocketIO, SocketIO, SocketIO];
    const heard: string[] = [];
    two.servers.on("news", () => void heard.push("two"));
    other.servers.on("news", () => void heard.push("other"));
    await soon(() => {
      one.servers.emit("news");
      return heard.length;
    }).toBeGreaterThan(0);
    expect(new Set(heard)).toEqual(new Set(["two"]));
  });

  it("refuses to need a message queue that it does not name", () => {
    const make = (queueRequired: unknown, messageQueue: string | null = null) =>
      new SocketIO({ messageQueue, queueRequired, logger: new LogBook() } as object);
    expect(() => make(true)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining("environment") }),
    );
    expect(() => make({ timeout: -1 }, "memory://a")).toThrow(/timeout.*non-negative number/);
    expect(() => make({ time: 1 }, "memory://a")).toThrow(/no option "time"/);
  });

  it("refuses a secret with a format that has no signatures", () => {
    expect(
      () =>
        new SocketIO({
          messageQueue: "redis://127.0.0.1:1",
          format: "redis-adapter",
          queueSecret: "x".repeat(32),
          logger: new LogBook(),
        }),
    ).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
  });
});

describe("serverEventProblem()", () => {
  it("is null unless the format of the message queue has no events from server to server", () => {
    expect(serverEventProblem({ messageQueue: null, format: "redis-adapter" })).toBeNull();
    expect(serverEventProblem({ messageQueue: "redis://h", format: "roomcast" })).toBeNull();
    expect(serverEventProblem({ messageQueue: "redis://h", format: "python-socketio" })).toContain(
      '"python-socketio"',
    );
  });
});
