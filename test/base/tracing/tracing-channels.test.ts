import { tracingChannel } from "node:diagnostics_channel";
import { expect, it } from "vitest";
import { ServerOperations } from "../../../src/base/tracing/tracing-channels.ts";

it.each(["connect", "event", "broadcast", "request"] as const)(
  "operations of a server are traced on roomcast.%s",
  (name) => {
    const operations = new ServerOperations()[`${name}s`];
    const subscribers = { start() {}, end() {}, asyncStart() {}, asyncEnd() {}, error() {} };
    const channel = tracingChannel(`roomcast.${name}`);
    expect(operations.isActive).toBe(false);
    channel.subscribe(subscribers);
    expect(operations.isActive).toBe(true);
    channel.unsubscribe(subscribers);
    expect(operations.isActive).toBe(false);
  },
);
