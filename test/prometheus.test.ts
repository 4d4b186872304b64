import { Registry } from "prom-client";
import { SocketIO } from "roomcast";
import { prometheus } from "roomcast/prometheus";
import { expect, it } from "vitest";
import { portlessServer } from "./support/portless-server.ts";

it("turns metrics on, and puts them into a registry of the application", async () => {
  const { socketio } = portlessServer();
  const registry = new Registry();
  expect(prometheus(socketio, { registry }).registry).toBe(registry);
  socketio.emit("news");
  const text = await registry.metrics();
  expect(text).toContain('roomcast_events_sent_total{namespace="/",event="_OTHER"} 1');
});

it("takes nothing but a server", () => {
  expect(() => prometheus({} as SocketIO)).toThrow(expect.objectContaining({ code: "ERR_APP" }));
  expect(() => prometheus(new SocketIO(), { token: 5 } as object)).toThrow(
    expect.objectContaining({ code: "ERR_OPTION" }),
  );
});
