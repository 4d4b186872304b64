import { expect, it } from "vitest";
import * as z from "zod";
import { contractDifferences } from "../../../src/cli/contract/contract-difference.ts";
import type { JsonValue } from "../../../src/cli/contract/json-pointer.ts";
import { asyncapi } from "../../../src/contract/asyncapi-document.ts";
import { type ContractParts, contract } from "../../../src/contract/contract.ts";
import { event } from "../../../src/contract/event-definition.ts";
import { type } from "../../../src/contract/plain-type.ts";

/** The differences of two contracts, by namespace, as lines. */
function differences(before: Record<string, ContractParts>, after: Record<string, ContractParts>): string[] {
  const [had, has] = [before, after].map((parts) => {
    const contracts = Object.entries(parts).map(([name, part]) => [name, contract(part)]);
    return JSON.parse(JSON.stringify(asyncapi(Object.fromEntries(contracts), { title: "", version: "" })));
  }) as [JsonValue, JsonValue];
  return contractDifferences(had, has).map(({ verdict, namespace, sender, event: name, part, path, text }) =>
    [verdict, namespace, ...(name ? [`${sender}.${name}`] : []), part, ...(path ? [path] : []), text].join(
      " ",
    ),
  );
}

const compare = (before: ContractParts, after: ContractParts) =>
  differences({ "/": before }, { "/": after }).map((line) => line.replace(" / ", " "));

const text = z.object({ text: z.string() });

it("finds none between equal contracts", () => {
  const parts = {
    client: { say: event(text, { answer: z.boolean(), errors: { muted: z.int(), full: z.string() } }) },
    server: { said: event([z.string(), text]) },
    errors: { unauthorized: z.string() },
    auth: text,
  };
  expect(compare(parts, { ...parts })).toEqual([]);
});

it("lists events and namespaces that come and go", () => {
  const lines = differences(
    { "/": { client: { a: event(), "a/b": event() }, server: { x: event() } }, "/old": {} },
    { "/": { client: { b: event() }, server: { y: event(), ask: event([], { answer: text }) } }, "/new": {} },
  );
  expect(lines).toEqual([
    "breaks / client.a event is gone",
    "breaks / client.a/b event is gone",
    "breaks / server.x event is gone",
    "breaks /old namespace is gone",
    "unclear / server.ask event is new, and wants an answer that clients do not give",
    "fine / client.b event is new",
    "fine / server.y event is new",
    "fine /new namespace is new",
  ]);
});

it("judges arguments and answers by the direction in which they go", () => {
  const more = text.extend({ room: z.string() });
  expect(
    compare(
      { client: { say: event(text, { answer: more }) }, server: { ask: event(more, { answer: text }) } },
      { client: { say: event(more, { answer: text }) }, server: { ask: event(text, { answer: more }) } },
    ),
  ).toEqual([
    "breaks client.say arguments room is required now",
    "breaks client.say answer room is gone",
    "breaks server.ask arguments room is gone",
    "breaks server.ask answer room is required now",
  ]);
  expect(
    compare(
      { client: { say: event(more, { answer: text }) }, server: { said: event([z.int(), text]) } },
      { client: { say: event(text, { answer: more }) }, server: { said: event([z.int(), more]) } },
    ),
  ).toEqual([
    "fine client.say arguments changed, and clients that are in use fit",
    "fine client.say answer changed, and clients that are in use fit",
    "fine server.said arguments [1] changed, and clients that are in use fit",
  ]);
});

it("counts arguments, and answers that are wanted or not", () => {
  expect(
    compare(
      {
        client: { a: event([z.int(), z.int()]), b: event(z.int()) },
        server: { ask: event(), q: event([], { answer: text }) },
      },
      {
        client: { a: event(z.int()), b: event([z.int(), text]) },
        server: { ask: event([], { answer: text }), q: event() },
      },
    ),
  ).toEqual([
    "breaks client.a arguments is one value now, were 2",
    "breaks server.ask answer is wanted now",
    "unclear client.b arguments are 2 values now, was 1",
    "fine server.q answer is not wanted any more",
  ]);
  expect(compare({ client: { a: event(text) } }, { client: { a: event() } })).toEqual([
    "breaks client.a arguments are 0 values now, was 1",
  ]);
});

it("compares errors by their codes, and auth", () => {
  expect(
    compare(
      { client: { say: event([], { errors: { muted: z.int(), old: type() } }) }, auth: text },
      {
        client: { say: event([], { errors: { muted: z.string() } }) },
        errors: { new: text },
        auth: text.extend({ id: z.int() }),
      },
    ),
  ).toEqual([
    "breaks auth id is required now",
    "breaks client.say errors muted may be string now; it was integer",
    'unclear client.say errors "new" is new, and clients do not know it',
    'fine client.say errors "old" is gone',
  ]);
  expect(compare({}, { auth: text })).toEqual(["unclear auth is checked now, and was not"]);
  expect(compare({ auth: text }, {})).toEqual(["fine auth is not checked any more"]);
});

it("says what has no schema to compare", () => {
  expect(
    compare(
      { client: { a: event(type<string>()), b: event(type<string>()) } },
      { client: { a: event(type<number>()), b: event(z.string()) } },
    ),
  ).toEqual([
    "unclear client.b arguments has a schema now, and had none",
    "open client.a arguments has no schema",
  ]);
});
