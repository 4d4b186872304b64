import { expect, it } from "vitest";
import { InteropNode } from "../../../src/app/cluster/interop-node.ts";
import { everyone, Site } from "../../core/site.ts";
import { LogLines } from "../../support/log-lines.ts";

/** Nothing listens on this port. */
const nowhere = "redis://127.0.0.1:1";

function interopNode(url = nowhere) {
  const site = new Site();
  const log = new LogLines();
  const { hub, clock, trace } = site;
  const node = new InteropNode("redis-adapter", url, null, { hub, clock, trace, logger: log });
  return { node, site, log };
}

it("takes only a queue that the other servers know", () => {
  for (const url of ["nats://127.0.0.1", "memory://1"]) {
    expect(() => interopNode(url)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message:
          'The format "redis-adapter" is one of Redis: its messageQueue begins with redis:// or rediss://.',
      }),
    );
  }
});

it("has no events from server to server, and no recovery to wait for", async () => {
  const { node } = interopNode();
  expect(node.servers).toBe(null);
  await node.delivered();
  await node.serve();
  await node.close();
});

it("reaches its own clients while the queue is away, and tells a program that only emits what was lost", async () => {
  const { node, site, log } = interopNode();
  const listeners = process.listenerCount("beforeExit");
  await node.opened;
  expect(node.health.state).toBe("down");
  const peer = site.peer();
  peer.join();
  site.hub.broadcaster.emit(everyone, "news", 1, {});
  expect(peer.heard()).toEqual(['42["news",1]']);
  site.clock.advance(10_000);
  expect(log.lines).toEqual([
    expect.stringMatching(/^error The message queue is down: /),
    expect.stringMatching(/^error A message did not reach the message queue/),
  ]);
  await expect(node.close()).rejects.toMatchObject({
    code: "ERR_MESSAGE_QUEUE",
    message: expect.stringMatching(/^1 message did not reach the message queue/),
  });
  // The error of `close()` takes the place of an exit code.
  expect(process.listenerCount("beforeExit")).toBe(listeners);
});
