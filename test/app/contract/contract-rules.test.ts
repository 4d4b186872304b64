import { args, type Contract, callAll, type SocketIO, type TraceEvent } from "roomcast";
import { contract, event } from "roomcast/contract";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { plainClient, portlessServer } from "../../support/portless-server.ts";

const game = contract({
  server: {
    said: event(z.object({ text: z.string() })),
    moved: event([z.number(), z.number()]),
    ask: event(z.string(), { answer: z.string().transform(Number) }),
    name: event([], { answer: z.string().refine(async (name) => name !== "taken") }),
    later: event(z.string().refine(async (text) => text !== "wrong", "wrong text")),
    ping: event(),
  },
});

function tracedAnswers<C extends Contract>(socketio: SocketIO<C>): TraceEvent[] {
  const events: TraceEvent[] = [];
  socketio.trace((traced) => {
    if (traced.type === "answer refused") events.push(traced);
  });
  return events;
}

describe("an event that the server sends", () => {
  it("has to fit the contract, from wherever it is sent", async () => {
    const { socketio, log } = portlessServer({ contract: game });
    const misfit = (message: RegExp) =>
      expect.objectContaining({ code: "ERR_CONTRACT", message: expect.stringMatching(message) });
    const wrong = { text: 5 } as never;
    expect(() => socketio.emit("said", wrong)).toThrow(
      misfit(/^The event "said" does not fit the contract: text: .*string/),
    );
    expect(() => socketio.emit("moved", args(1, "2") as never)).toThrow(misfit(/"moved".* 1: .*number/));
    expect(() => socketio.emit("sayd" as "ping")).toThrow(
      misfit(/^The event "sayd" .*names no event of the server "sayd", but "said"\.$/),
    );
    expect(() => socketio.send("text")).toThrow(misfit(/"message"/));
    expect(() => socketio.callAll("ask", 5 as never)).toThrow(misfit(/"ask"/));
    await expect(socketio.call("ask", 5 as never, { sid: "sid~x" })).rejects.toThrow(misfit(/"ask"/));
    socketio.on("go", () => callAll("said", wrong));
    await (await plainClient(socketio)).call("go");
    expect(log.errors).toEqual([misfit(/"said"/)]);
  });

  it("is sent as it is given", async () => {
    const { socketio } = portlessServer({ contract: game });
    const client = await plainClient(socketio);
    socketio.emit("said", { text: "hi", more: 1 } as { text: string });
    socketio.emit("moved", args(1, 2));
    socketio.emit("ping");
    await expect
      .poll(() => client.received().map(({ name, args: values }) => [name, ...values]))
      .toEqual([["said", { text: "hi", more: 1 }], ["moved", 1, 2], ["ping"]]);
  });

  it("is not checked in production", async () => {
    const { socketio } = portlessServer({ contract: game, validateOutgoing: false });
    const client = await plainClient(socketio);
    socketio.emit("said", 5 as never);
    await expect.poll(() => client.received()).toMatchObject([{ name: "said" }]);
  });

  it("does not wait for a schema that answers later: what does not fit is logged", async () => {
    const { socketio, log } = portlessServer({ contract: game });
    const client = await plainClient(socketio);
    socketio.emit("later", "wrong");
    await expect.poll(() => client.received()).toMatchObject([{ name: "later" }]);
    await expect
      .poll(() => log.errors)
      .toMatchObject([{ code: "ERR_CONTRACT", message: expect.stringContaining("wrong text") }]);
  });

  it("is free in a namespace without a contract, and in Roomcast's own", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/game", { contract: game });
    socketio.emit("anything", 5);
    expect(() => socketio.namespace("/game").emit("anything", 5)).toThrow("does not fit the contract");
    socketio.instrument({ auth: false, namespace: "/admin", mode: "production" });
    const admin = await plainClient(socketio, "/admin");
    expect(admin.isConnected("/admin")).toBe(true);
  });
});

describe("a client's answer", () => {
  it("is what the schema makes of it", async () => {
    const { socketio } = portlessServer({ contract: game });
    const client = await plainClient(socketio);
    client.on("ask", () => "42");
    client.on("name", () => "free");
    client.on("ping", () => "a secret");
    const sid = client.sid();
    expect(await socketio.call("ask", "why", { sid })).toBe(42);
    expect(await socketio.call("name", undefined, { sid })).toBe("free");
    expect(await socketio.call("ping", undefined, { sid })).toBeUndefined();
    expect(await socketio.callAll("ask", "why")).toMatchObject([{ sid, value: 42 }]);
    const answers: number[] = [];
    socketio.emit("ask", "why", { callback: (answer) => answers.push(answer) });
    await expect.poll(() => answers).toEqual([42]);
  });

  it("is an error where it does not fit, also in production", async () => {
    const { socketio } = portlessServer({ contract: game, validateOutgoing: false });
    const traced = tracedAnswers(socketio);
    const [client, other] = [await plainClient(socketio), await plainClient(socketio)];
    client.on("ask", () => 42);
    other.on("ask", () => "7");
    client.on("name", () => "taken");
    other.on("name", () => "free");
    const sid = client.sid();
    const refused = {
      code: "ERR_ANSWER",
      message: 'The client\'s answer to "ask" does not fit the contract.',
    };
    await expect(socketio.call("ask", "why", { sid })).rejects.toMatchObject(refused);
    const all = await socketio.callAll("ask", "why");
    expect(all.map(({ value, error }) => value ?? error?.code).toSorted()).toEqual([7, "ERR_ANSWER"]);
    const names = await socketio.callAll("name");
    expect(names.map(({ value, error }) => value ?? error?.code).toSorted()).toEqual(["ERR_ANSWER", "free"]);
    const answers: number[] = [];
    socketio.emit("ask", "why", { callback: (answer) => answers.push(answer) });
    await expect.poll(() => answers).toEqual([7]);
    expect(traced[0]).toEqual({
      type: "answer refused",
      namespace: "/",
      sid,
      event: "ask",
      issues: [{ message: expect.stringContaining("string"), path: [] }],
    });
    expect(traced).toHaveLength(4);
  });

  it("counts as none where the schema itself fails, which is logged", async () => {
    const broken = contract({
      server: {
        ask: event([], {
          answer: z.unknown().transform(() => {
            throw new Error("broken");
          }),
        }),
      },
    });
    const { socketio, log } = portlessServer({ contract: broken });
    const client = await plainClient(socketio);
    client.on("ask", () => 1);
    await expect(socketio.call("ask", undefined, { sid: client.sid() })).rejects.toMatchObject({
      code: "ERR_ANSWER",
    });
    expect(log.errors).toMatchObject([{ message: "broken" }]);
  });
});
