import { expect, it } from "vitest";
import { ForeignEvents } from "../../src/core/foreign-events.ts";
import { everyoneIn } from "../../src/core/model/target.ts";
import { encodeEvent } from "../../src/protocol/socket-packet-encoder.ts";

it("tells all listeners until they are removed", () => {
  const events = new ForeignEvents();
  const target = everyoneIn("/");
  const event = encodeEvent("/", ["news"]);
  const seen: unknown[] = [];
  const stops = ["one", "two"].map((name) => events.listen((...about) => seen.push([name, ...about])));
  events.tell(target, event);
  stops[0]?.();
  events.tell(target, event);
  stops[1]?.();
  events.tell(target, event);
  expect(seen).toEqual([
    ["one", target, event],
    ["two", target, event],
    ["two", target, event],
  ]);
});
