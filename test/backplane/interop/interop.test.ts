import { expect, it } from "vitest";
import { foreignBackplane, foreignBus } from "../../../src/backplane/interop/interop.ts";
import type { ForeignFormat } from "../../../src/backplane/queue/foreign-queue.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ForeignSite } from "./foreign-site.ts";

it("takes a message queue on Redis, and says so of any other", () => {
  const bus = (url: string) => foreignBus("redis-adapter", url, new FakeClock());
  expect(bus("redis://127.0.0.1:1").name).toBe("Redis");
  expect(bus("rediss://127.0.0.1:1").name).toBe("Redis");
  for (const url of ["nats://127.0.0.1:1", "memory://test"]) {
    expect(() => bus(url)).toThrow(
      expect.objectContaining({ code: "ERR_OPTION", message: expect.stringContaining('"redis-adapter"') }),
    );
  }
});

it.each<[ForeignFormat, string | null, string]>([
  ["python-socketio", null, "socketio"],
  ["python-socketio", "flask", "flask"],
  ["redis-adapter", null, "socket.io#/#"],
  ["redis-adapter", "chat", "chat#/#"],
])("sends %s's events on the channel %s as %s", async (format, channel, expected) => {
  const site = new ForeignSite();
  const backplane = foreignBackplane(format, channel, site);
  await backplane.open();
  await backplane.publish({ type: "close room", namespace: "/", room: "red" });
  expect(site.bus.sent[0]?.subject.replace("-request", "")).toBe(expected);
});
