import { expect, it } from "vitest";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";

it("names all clients of a namespace, one of them, or none for a sid that is missing", () => {
  expect(everyoneIn("/chat")).toEqual({ namespace: "/chat", sid: null, rooms: null, skip: null });
  expect(clientIn("/chat", "ada")).toEqual({ namespace: "/chat", sid: "ada", rooms: null, skip: null });
  expect(clientIn("/chat", undefined)).toEqual({ namespace: "/chat", sid: null, rooms: [], skip: null });
});
