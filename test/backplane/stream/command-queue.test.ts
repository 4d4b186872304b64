import { beforeEach, expect, it } from "vitest";
import { CommandQueue } from "../../../src/backplane/stream/command-queue.ts";
import { deferred } from "../../support/waiting.ts";

const turn = () => new Promise(setImmediate);

let sent: string[];
/** Channels of which the subscription is not confirmed. */
let open: Map<string, ReturnType<typeof deferred<void>>>;
let queue: CommandQueue;

beforeEach(() => {
  sent = [];
  open = new Map();
  queue = new CommandQueue((channel) => open.get(channel)?.promise ?? null);
});

const send = (name: string, ...channels: string[]) => queue.send(channels, () => sent.push(name));

function subscribe(...channels: string[]): void {
  for (const channel of channels) open.set(channel, deferred());
}

async function confirm(channel: string): Promise<void> {
  const confirmed = open.get(channel);
  open.delete(channel);
  confirmed?.resolve();
  await turn();
}

it("sends at once what waits for nothing", () => {
  send("a", "red");
  send("b");
  expect(sent).toEqual(["a", "b"]);
});

it("sends an event only when this node hears every one of its channels", async () => {
  subscribe("red", "blue");
  send("a", "red", "blue", "green");
  await confirm("blue");
  expect(sent).toEqual([]);
  await confirm("red");
  expect(sent).toEqual(["a"]);
});

it("keeps the order: nothing overtakes a command that waits", async () => {
  subscribe("red", "blue");
  send("a", "red");
  send("b");
  send("c", "blue");
  send("d");
  await turn();
  expect(sent).toEqual([]);
  await confirm("red");
  expect(sent).toEqual(["a", "b"]);
  await confirm("blue");
  expect(sent).toEqual(["a", "b", "c", "d"]);
  send("e");
  expect(sent.at(-1)).toBe("e");
});

it("keeps the order of commands that are given while it sends", async () => {
  subscribe("red");
  queue.send(["red"], () => {
    sent.push("a");
    send("c");
  });
  send("b");
  await confirm("red");
  expect(sent).toEqual(["a", "b", "c"]);
});

it("forgets what waits after a break, also when the subscription is confirmed later", async () => {
  subscribe("red");
  send("old", "red");
  send("old too");
  queue.clear();
  send("new");
  expect(sent).toEqual(["new"]);
  await confirm("red");
  expect(sent).toEqual(["new"]);
});

it("waits once more after a break, and the earlier wait sends nothing of it", async () => {
  subscribe("red");
  send("old", "red");
  queue.clear();
  send("new", "red");
  send("newer");
  await confirm("red");
  expect(sent).toEqual(["new", "newer"]);
});
