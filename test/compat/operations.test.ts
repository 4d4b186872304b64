/** Operations on many clients, as stock clients see them. */

import { joinRoom } from "roomcast";
import { describe, expect, it } from "vitest";
import { startServer } from "../support/server.ts";
import { ask, sidOf, stockClients } from "../support/stock-client.ts";

type Acknowledge = (...values: unknown[]) => void;

describe.each(stockClients)("with %s, the answers to a broadcast", (client) => {
  it("name each client with its value, or the reason why it has none", async () => {
    const { socketio, url } = await startServer();
    socketio.on("join", (room: string) => joinRoom(room));
    const [ada, bob, cem, dora] = [
      await client.connect(url),
      await client.connect(url),
      await client.connect(url),
      await client.connect(url),
    ];
    for (const member of [ada, bob, cem]) await ask(member, "join", "quiz");
    const sids = [ada, bob, cem].map(sidOf);
    ada.on("ready?", (question: string, acknowledge: Acknowledge) => acknowledge(question, { yes: true }));
    bob.on("ready?", () => bob.disconnect());
    cem.on("ready?", () => {});
    dora.on("ready?", (_question: string, acknowledge: Acknowledge) => acknowledge("not asked"));
    const answers = await socketio.callAll("ready?", "now", { to: "quiz", timeout: 400 });
    expect(answers).toHaveLength(3);
    expect(answers).toEqual(
      expect.arrayContaining([
        { sid: sids[0], value: ["now", { yes: true }] },
        { sid: sids[1], error: expect.objectContaining({ code: "ERR_DISCONNECTED" }) },
        { sid: sids[2], error: expect.objectContaining({ code: "ERR_TIMEOUT" }) },
      ]),
    );
    // An answer that comes too late has no effect.
    cem.off("ready?");
    cem.on("ready?", (_question: string, acknowledge: Acknowledge) => acknowledge("now"));
    for await (const { value } of socketio.callAll("ready?", "now", { sid: String(sids[2]) }))
      expect(value).toBe("now");
  });
});
