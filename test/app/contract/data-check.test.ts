import { request, session } from "roomcast";
import { contract } from "roomcast/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { plainClient, portlessServer } from "../../support/portless-server.ts";

const named = contract({
  session: z.object({ name: z.string(), age: z.number().optional() }),
  publicData: z.object({ name: z.string() }),
});

const failed = {
  error: { code: "ERR_HANDLER_FAILED", message: "The server could not handle this event." },
};

describe("the session", () => {
  it("has to fit when the connect handler is done, or the client is refused", async () => {
    const { socketio, log } = portlessServer({ contract: named, validateOutgoing: false });
    socketio.on("connect", async ({ name }) => {
      session.name = name;
    });
    await plainClient(socketio, "/", { name: "Ada" });
    await expect(plainClient(socketio, "/", { name: 5 })).rejects.toMatchObject({
      message: "Connection rejected by server",
    });
    expect(log.errors).toMatchObject([
      {
        code: "ERR_CONTRACT",
        message: expect.stringMatching(/^The session does not fit the contract: name: /),
      },
    ]);
  });

  it("has to fit without a connect handler, too, and not where the client is refused anyway", async () => {
    const { socketio, log } = portlessServer({ contract: named });
    await expect(plainClient(socketio)).rejects.toThrow("Connection rejected by server");
    socketio.on("connect", () => false);
    await expect(plainClient(socketio)).rejects.toThrow("Connection rejected by server");
    expect(log.errors).toHaveLength(1);
  });

  it("has to fit after each handler, where what the program sends is checked", async () => {
    for (const [validateOutgoing, answer] of [
      [true, failed],
      [false, "done"],
    ] as const) {
      const { socketio } = portlessServer({ contract: named, validateOutgoing });
      socketio.on("connect", () => {
        session.name = "Ada";
      });
      socketio.on("age", (age) => {
        session.age = age;
        return "done";
      });
      socketio.on("later", async (age) => {
        session.age = age;
        return "done";
      });
      socketio.on("*", () => "any");
      const client = await plainClient(socketio);
      expect(await client.call("age", 5)).toBe("done");
      expect(await client.call("other")).toBe("any");
      expect(await client.call("age", "old")).toEqual(answer);
      expect(await client.call("later", "old")).toEqual(answer);
    }
  });

  it("may have a schema that answers later", async () => {
    const late = contract({ session: z.object({ name: z.string().refine(async (name) => name !== "no") }) });
    const { socketio } = portlessServer({ contract: late });
    socketio.on("connect", ({ name }) => {
      session.name = name;
    });
    await plainClient(socketio, "/", { name: "Ada" });
    await expect(plainClient(socketio, "/", { name: "no" })).rejects.toThrow("Connection rejected by server");
  });
});

describe("public data", () => {
  it("has to fit once a handler has looked at it", async () => {
    const { socketio, log } = portlessServer({ contract: contract({ publicData: named.parts.publicData }) });
    socketio.on("show", (name) => {
      request.publicData.name = name;
    });
    const client = await plainClient(socketio);
    await client.call("show", "Ada");
    expect(await client.call("show", 5)).toEqual(failed);
    expect(log.errors).toMatchObject([{ message: expect.stringMatching(/^The public data does not fit/) }]);
  });
});
