import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contract, isContract } from "../../src/contract/contract.ts";
import { event } from "../../src/contract/event-definition.ts";

describe("contract()", () => {
  it("keeps its parts", () => {
    const parts = { client: { say: event(z.string()) }, auth: z.object({ token: z.string() }) };
    const chat = contract(parts);
    expect(chat.parts).toBe(parts);
    expect([chat, JSON.parse(JSON.stringify(contract({}))), parts, null, 1].map(isContract)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it.each<[string, unknown, string]>([
    ["a part that it does not have", { clinet: {} }, 'no part "clinet"'],
    ["a reserved event", { server: { disconnect: event() } }, '"disconnect" is reserved'],
    ["the name of all events", { client: { "*": event() } }, '"*" is reserved'],
    ["an event without a name", { client: { "": event() } }, '"" is reserved'],
    [
      "an event that is a schema",
      { client: { say: z.string() } },
      '"say" is no event: define it with event()',
    ],
    ["no event at all", { server: { said: undefined } }, '"said" is no event'],
    ["an auth that is no schema", { auth: { token: "string" } }, '"auth" is no Standard Schema'],
    ["an error that is no schema", { errors: { full: null } }, '"full" is no Standard Schema'],
  ])("refuses %s", (_what, parts, message) => {
    expect(() => contract(parts as never)).toThrow(
      expect.objectContaining({ code: "ERR_CONTRACT", message: expect.stringContaining(message) }),
    );
  });
});
