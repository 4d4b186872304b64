import { beforeEach, describe, expect, it } from "vitest";
import { PassedMessages } from "../../../src/backplane/stream/passed-messages.ts";
import type { PassedMessage } from "../../../src/backplane/stream/stream-event.ts";

let done: string[];
let messages: PassedMessages;
beforeEach(() => {
  done = [];
  messages = new PassedMessages((message) => done.push(Buffer.from(message).toString()));
});

function passed(origin: string, after: number, text: string): PassedMessage {
  return { origin, after, message: Buffer.from(text) };
}

/** An event of a process is delivered. */
function deliver(origin: string, id: number): void {
  messages.onEvent(origin, id);
  done.push(`${origin}${id}`);
  messages.onDelivered(origin, id);
}

describe("a message that keeps its place among the events of its process", () => {
  it("goes on at once when the event before it was delivered, or there was none", () => {
    expect(messages.add(passed("a", 0, "first"))).toBe(false);
    deliver("a", 1);
    expect(messages.add(passed("a", 1, "second"))).toBe(false);
    expect(done).toEqual(["first", "a1", "second"]);
  });

  it("waits for that event, and goes on behind it", () => {
    expect(messages.add(passed("a", 2, "later"))).toBe(true);
    deliver("b", 5);
    deliver("a", 1);
    deliver("a", 2);
    expect(done).toEqual(["b5", "a1", "a2", "later"]);
  });

  it("goes on ahead of a later event of its process, where the one before it does not come here", () => {
    messages.add(passed("a", 2, "between"));
    messages.add(passed("a", 2, "between too"));
    deliver("a", 3);
    expect(done).toEqual(["between", "between too", "a3"]);
  });

  it("goes on when everything before it was heard, and with it those that came ahead of it", () => {
    const one = passed("a", 2, "one");
    const two = passed("b", 7, "two");
    for (const message of [one, two, passed("c", 1, "three")]) messages.add(message);
    messages.onHeard(two);
    expect(done).toEqual(["one", "two"]);
    messages.onHeard(one);
    expect(done).toEqual(["one", "two"]);
  });

  it("is never lost: it goes on where nothing is waited for any more, or too many wait", () => {
    for (let number = 0; number < 1001; number += 1) messages.add(passed("a", 5, String(number)));
    expect(done).toEqual(["0"]);
    messages.giveUp();
    expect(done.length).toBe(1001);
  });
});
