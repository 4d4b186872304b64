import { expect, it } from "vitest";
import { IgnoredMessages } from "../../../src/backplane/cluster/ignored-messages.ts";
import { Trace, type TraceEvent } from "../../../src/base/trace.ts";

it("traces each ignored message, and warns once of each kind", () => {
  const warnings: string[] = [];
  const traced: TraceEvent[] = [];
  const trace = new Trace();
  trace.listen((event) => traced.push(event));
  const owner = {
    onUp() {},
    onDown() {},
    onDropped() {},
    onRefused() {},
    onIgnored() {},
    report() {},
    warn: (text: string) => warnings.push(text),
  };
  const ignored = new IgnoredMessages('the channel "chat"', owner, trace);
  ignored.tell("it is pickled", "first");
  ignored.tell("it is pickled", "second");
  ignored.tell("it is no JSON");
  expect(traced.map((event) => event.type === "message ignored" && event.reason)).toEqual([
    "first",
    "second",
    "it is no JSON",
  ]);
  expect(warnings).toHaveLength(2);
  expect(warnings[0]).toContain('Something on the channel "chat" is ignored, since it is pickled.');
});
