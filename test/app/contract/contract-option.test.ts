import { SocketIO } from "roomcast";
import { contract, event } from "roomcast/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { plainClient, portlessServer } from "../../support/portless-server.ts";

const [chat, game] = [
  contract({ client: { say: event(z.string()) } }),
  contract({ client: { roll: event(z.number()) } }),
];

describe("the option contract", () => {
  it.each([
    ["a type's parts", { client: {} }],
    ["a schema", z.string()],
    ["a text", "chat"],
  ])("refuses %s", (_what, given) => {
    expect(() => new SocketIO({ contract: given as never })).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining("must be a contract of contract(), from roomcast/contract"),
      }),
    );
  });

  it("of a namespace may be given again, and not another one", () => {
    const { socketio } = portlessServer();
    socketio.namespace("/x", { contract: chat });
    socketio.namespace("/x", { contract: chat });
    const second = { code: "ERR_CONTRACT", message: expect.stringContaining("has a contract already") };
    expect(() => socketio.namespace("/x", { contract: game })).toThrow(expect.objectContaining(second));
    const served = portlessServer({ contract: chat });
    served.socketio.namespace("/", { contract: chat });
    expect(() => served.socketio.namespace("/", { contract: game })).toThrow(expect.objectContaining(second));
    served.socketio.namespace("/game", { contract: game });
  });

  it("does not go with a handler of an event that it does not have", () => {
    const { socketio } = portlessServer({ contract: chat });
    const missing = (message: string) => expect.objectContaining({ code: "ERR_HANDLER", message });
    expect(() => socketio.on("sya" as never, (() => {}) as never)).toThrow(
      missing('The contract of / has no event "sya" from clients. Did you mean "say"?'),
    );
    socketio.on("connect", () => {}).on("*", () => {});
    const free = portlessServer().socketio.namespace("/x");
    free.on("say", () => {});
    expect(() =>
      portlessServer()
        .socketio.namespace("/y", { contract: chat })
        .on("x" as never, (() => {}) as never),
    ).toThrow(missing('The contract of /y has no event "x" from clients.'));
  });

  it("does not come after a handler that it has no event for, or after clients", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/x").on("say", () => {});
    expect(() => socketio.namespace("/x", { contract: game })).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER" }),
    );
    await plainClient(socketio, "/x");
    expect(() => socketio.namespace("/x", { contract: chat })).toThrow(
      expect.objectContaining({ code: "ERR_STATE", message: expect.stringContaining("comes too late") }),
    );
  });
});
