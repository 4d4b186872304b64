import { expect, it, onTestFinished } from "vitest";
import { ClusterNode } from "../../../src/app/cluster/cluster-node.ts";
import { InteropNode } from "../../../src/app/cluster/interop-node.ts";
import { queueNode, workersNode } from "../../../src/app/cluster/queue-node.ts";
import { appOptions } from "../../../src/app/options/app-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";
import { Site } from "../../core/site.ts";
import { LogLines } from "../../support/log-lines.ts";

const server = { handle: async () => ({ values: [] }), onServerJoined() {}, onServerLeft() {} };

function ownerOf() {
  const { hub, engine, clock, trace } = new Site();
  return { hub, engine, clock, trace, server, logger: new LogLines() };
}

function nodeOf(given: object) {
  const node = queueNode(resolveOptions(appOptions, given, "a test"), ownerOf(), "node");
  onTestFinished(() => node.close());
  node.opened.catch(() => {});
  return node;
}

it("is the node of the message queue, in the format of its servers", async () => {
  const [memory, foreign] = [
    nodeOf({ messageQueue: "memory://queue-node" }),
    nodeOf({ messageQueue: "redis://127.0.0.1:1", format: "redis-adapter" }),
  ];
  expect(memory).toBeInstanceOf(ClusterNode);
  expect(memory.health.broker).toBe("memory");
  expect(foreign).toBeInstanceOf(InteropNode);
});

it("is one of the process that started this one, where there is no message queue", () => {
  expect(nodeOf({}).health.broker).toBe("the process that started this one");
});

it("reaches workers by their hub", async () => {
  const { node } = workersNode(resolveOptions(appOptions, {}, "a test"), ownerOf());
  const made = node();
  onTestFinished(() => made.close());
  await made.opened;
  expect(made.queueStats).toMatchObject({ state: "up", broker: "the workers" });
});
