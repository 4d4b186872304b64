/** The id of a connection is a secret: only the client itself may learn it. */

import { request } from "roomcast";
import { describe, expect, it } from "vitest";
import { PollingSession, RawSocket } from "../support/raw-client.ts";
import { startServer } from "../support/server.ts";
import { soon, within } from "../support/waiting.ts";

describe("the id of a connection", () => {
  it("is in no line of the log, and in no trace event, at any time", async () => {
    const { socketio, url, log, trace } = await startServer({ debug: true });
    const sids: string[] = [];
    socketio.on("connect", () => void sids.push(request.sid));
    socketio.on("fail", () => {
      throw new Error("of the handler");
    });
    const session = await PollingSession.join(url);
    const { socket, handshake } = await RawSocket.open(url);
    const ids = [session.handshake.sid, handshake.sid];
    socket.send("40", '42["fail"]', "42[nonsense");
    await within("the end", socket.closed);
    await session.post('42["unknown"]');
    await Promise.all([session.get(), session.get()]);
    expect((await session.get()).status).toBe(400);
    await soon(() => socketio.clientCount).toBe(0);
    const told = JSON.stringify([log.lines, log.records, trace]);
    for (const id of ids) {
      expect(id).toMatch(/^[\w-]{20}$/);
      expect(told).not.toContain(id);
      expect(sids).not.toContain(id);
    }
    for (const sid of sids) expect(told).toContain(sid);
    expect(log.lines.length).toBeGreaterThan(10);
  });

  it("is in a cookie that scripts do not see, and that is sent over TLS alone if the client uses TLS", async () => {
    const { url } = await startServer({ cookie: true, trustedProxies: ["127.0.0.1"] });
    const open = (headers: Record<string, string>) =>
      fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers });
    const [plain, secure] = [await open({}), await open({ "x-forwarded-proto": "https" })];
    const attributes = (response: Response) =>
      response.headers.get("set-cookie")?.split("; ").slice(1).toSorted();
    expect(attributes(plain)).toEqual(["HttpOnly", "Path=/", "SameSite=Lax"]);
    expect(attributes(secure)).toEqual(["HttpOnly", "Path=/", "SameSite=Lax", "Secure"]);
  });
});
