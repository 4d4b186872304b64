import { describe, expect, it } from "vitest";
import * as z from "zod";
import { schemaMisfits } from "../../../src/cli/contract/schema-difference.ts";

type Side = "client" | "server";

/** Compares as `contract check` does. */
function compare(before: unknown, after: unknown, sender: Side): string[] {
  const place = (schema: unknown) => ({ schema, document: isRecord(schema) ? schema : {} });
  const [had, has] = [place(before), place(after)];
  const found = sender === "client" ? schemaMisfits(had, has, sender) : schemaMisfits(has, had, sender);
  return found.map(({ verdict, path, text }) => `${verdict} ${path}: ${text}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const described = (schema: z.ZodType) => z.toJSONSchema(schema, { target: "draft-07", io: "input" });
const text = z.object({ text: z.string() });
const both = z.object({ text: z.string(), room: z.string() });
const union = (...kinds: [string, ...string[]]) =>
  z.union(kinds.map((kind) => z.object({ kind: z.literal(kind), size: z.number() })));
const tree: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(tree);
  },
});
const labelled: z.ZodType = z.object({
  name: z.string(),
  label: z.string(),
  get children() {
    return z.array(labelled);
  },
});

const cases: [string, z.ZodType, z.ZodType, Side, string[]][] = [
  ["nothing changed", both, both, "client", []],
  ["clients have to send more", text, both, "client", ["breaks room: is required now"]],
  ["clients may send more", text, z.object({ text: z.string(), room: z.string().optional() }), "client", []],
  ["clients need not send a property", both, text, "client", []],
  [
    "a property became optional",
    z.object({ a: z.int().optional() }),
    z.object({ a: z.int() }),
    "client",
    ["breaks a: is required now"],
  ],
  [
    "clients are refused for more",
    both,
    z.strictObject({ text: z.string() }),
    "client",
    ["breaks room: is refused now", "unclear : other properties are restricted now"],
  ],
  ["the server sends more", text, both, "server", []],
  ["the server sends less", both, text, "server", ["breaks room: is gone"]],
  [
    "the server may leave out",
    both,
    both.partial({ room: true }),
    "server",
    ["breaks room: may be missing now"],
  ],
  [
    "the server sends more than was said",
    z.strictObject({ text: z.string() }),
    z.strictObject({ text: z.string(), room: z.string() }),
    "server",
    ["breaks room: is new, and other properties were excluded"],
  ],
  [
    "another type",
    z.object({ a: z.string() }),
    z.object({ a: z.number() }),
    "client",
    ["breaks a: string is no longer accepted: number"],
  ],
  [
    "another type from the server",
    z.string(),
    z.number(),
    "server",
    ["breaks : may be number now; it was string"],
  ],
  ["numbers became whole", z.number(), z.int(), "client", ["breaks : number is no longer accepted: integer"]],
  ["whole numbers became any", z.int(), z.number(), "client", []],
  ["null is allowed", z.string(), z.string().nullable(), "client", []],
  ["null may come", z.string(), z.string().nullable(), "server", ["breaks : may be null now; it was string"]],
  ["a value more from clients", z.enum(["a", "b"]), z.enum(["a", "b", "c"]), "client", []],
  [
    "a value more from the server",
    z.enum(["a", "b"]),
    z.enum(["a", "b", "c"]),
    "server",
    ['breaks : may be "c" now; it was "a", "b"'],
  ],
  ["a value that is text", z.literal("a"), z.string(), "client", []],
  [
    "text that is one value",
    z.string(),
    z.literal("a"),
    "client",
    ['breaks : string is no longer accepted: "a"'],
  ],
  [
    "one of a union is gone",
    union("a", "b"),
    union("a"),
    "client",
    ["breaks : object is no longer accepted: object"],
  ],
  [
    "one of a union changed",
    union("a", "b"),
    z.union([union("a"), z.object({ kind: z.literal("b"), size: z.string() })]),
    "client",
    ["breaks size: number is no longer accepted: string"],
  ],
  ["items changed", z.array(text), z.array(both), "client", ["breaks [].room: is required now"]],
  [
    "longer lists are refused",
    z.array(text),
    z.array(text).max(3),
    "client",
    ["breaks : maxItems was not set, and is 3"],
  ],
  [
    "a place of a tuple is new",
    z.tuple([z.string()]),
    z.tuple([z.string(), z.string()]),
    "server",
    ["breaks : maxItems was 1, and is 2", "breaks [1]: is new"],
  ],
  [
    "values of records",
    z.record(z.string(), z.int()),
    z.record(z.string(), z.string()),
    "client",
    ["breaks *: integer is no longer accepted: string"],
  ],
  ["recursive schemas", tree, labelled, "client", ["breaks label: is required now"]],
  ["equal recursive schemas", tree, tree, "client", []],
  ["no schema on either side", z.any(), z.any(), "client", ["open : has no schema"]],
  ["a schema that is new", z.any(), text, "client", ["unclear : has a schema now, and had none"]],
  ["a schema that is gone", text, z.any(), "server", ["unclear : has no schema any more"]],
  ["texts for people", text.describe("old"), text.describe("new"), "client", []],
];

describe("schemaMisfits()", () => {
  it.each(cases)("judges: %s", (_what, before, after, sender, misfits) => {
    expect(compare(described(before), described(after), sender)).toEqual(misfits);
  });

  it("says where it cannot tell", () => {
    const either = { not: { type: "string" } };
    expect(compare(either, either, "client")).toEqual([]);
    expect(compare(either, { not: { type: "number" } }, "client")).toEqual([
      "unclear : differs in not, which is not compared",
    ]);
    expect(compare({ minLength: 1 }, { type: "string" }, "client")).toEqual([
      "unclear : differs in a way that is not compared",
    ]);
    expect(compare({ $ref: "#/gone" }, { type: "string" }, "client")).toEqual([
      "unclear : a reference of the schema leads nowhere",
    ]);
    expect(compare({ $ref: "#" }, { type: "string" }, "client")).toHaveLength(1);
  });

  it("compares objects whose type is not stated", () => {
    const named = { properties: { a: { type: "string" } } };
    expect(compare(named, { ...named, required: ["a"] }, "client")).toEqual(["breaks a: is required now"]);
  });

  it("reads the lists of both versions of JSON Schema", () => {
    const older = { type: "array", items: [{ type: "string" }], additionalItems: false };
    const newer = { type: "array", prefixItems: [{ type: "string" }], items: false };
    expect([compare(older, newer, "client"), compare(newer, older, "server")]).toEqual([[], []]);
  });
});
