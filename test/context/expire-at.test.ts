import { expireAt } from "roomcast";
import { describe, expect, it, vi } from "vitest";
import { joinedClient, portlessServer } from "../support/portless-server.ts";

describe("expireAt()", () => {
  it("tells the client, and ends its connection where nothing follows", async () => {
    const { socketio } = portlessServer();
    const reasons: string[] = [];
    const expiresAt = Date.now() + 40;
    socketio.on("connect", () => expireAt(expiresAt));
    socketio.on("disconnect", (reason) => void reasons.push(reason));
    const client = await joinedClient(socketio);
    await vi.waitFor(() => expect(reasons).toEqual(["authentication expired"]));
    // What the server has sent reaches the client a turn later, before the end of the connection.
    await vi.waitFor(() => expect(client.isConnected()).toBe(false));
    const notice = { reason: "authentication expired", code: "ERR_AUTHENTICATION_EXPIRED", retry: true };
    expect(client.received().map(({ name, args }) => [name, ...args])).toEqual([
      ["auth_expiring", { expiresAt }],
      ["disconnect_reason", notice],
    ]);
    expect(socketio.stats().closed["authentication expired"]).toBe(1);
  });

  it("lets a client stay that shows new proof in place", async () => {
    const { socketio } = portlessServer();
    socketio.on("connect", () => expireAt(new Date(Date.now() + 40), { notice: 0 }));
    socketio.on("authenticate", () => expireAt(null));
    const client = await joinedClient(socketio);
    await client.emit("authenticate");
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(client.isConnected()).toBe(true);
  });

  it("refuses a value that is no date, and one in seconds", async () => {
    const { socketio } = portlessServer();
    const codes: unknown[] = [];
    socketio.on("connect", () => {
      for (const when of [Number.NaN, 1_700_000_000, new Date("never")]) {
        try {
          expireAt(when);
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      }
    });
    await joinedClient(socketio);
    expect(codes).toEqual(["ERR_OPTION", "ERR_OPTION", "ERR_OPTION"]);
    expect(() => expireAt(null)).toThrow("expireAt()");
  });
});
