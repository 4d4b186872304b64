import { expect, it } from "vitest";
import {
  ConnectionRefusedError,
  ContextError,
  ProtocolError,
  RoomcastError,
  TimeoutError,
} from "../../src/base/errors.ts";

it.each([
  ["RoomcastError", new RoomcastError("ERR_STATE", "why"), "ERR_STATE"],
  ["ProtocolError", new ProtocolError("why"), "ERR_PROTOCOL"],
  ["ContextError", new ContextError("why"), "ERR_CONTEXT"],
  ["TimeoutError", new TimeoutError("why"), "ERR_TIMEOUT"],
  ["ConnectionRefusedError", new ConnectionRefusedError("why"), "ERR_CONNECTION_REFUSED"],
])("%s has its name, its code and its message, and is a RoomcastError", (name, error, code) => {
  expect(error).toMatchObject({ name, code, message: "why" });
  expect(error).toBeInstanceOf(RoomcastError);
  expect(String(error)).toBe(`${name}: why`);
  expect(error.stack).toContain("errors.test.ts");
});

it("a class of an application's own has the name of that class", () => {
  class MembersOnly extends ConnectionRefusedError {}
  expect(new MembersOnly()).toMatchObject({ name: "MembersOnly", code: "ERR_CONNECTION_REFUSED" });
});

it("an error keeps its cause, and has none otherwise", () => {
  const cause = new Error("EADDRINUSE");
  expect(new RoomcastError("ERR_LISTEN", "why", { cause }).cause).toBe(cause);
  expect(new RoomcastError("ERR_LISTEN", "why")).not.toHaveProperty("cause");
});

it("a refusal without words has the text that clients know", () => {
  expect(new ConnectionRefusedError()).toMatchObject({
    message: "Connection rejected by server",
    data: undefined,
  });
  expect(new ConnectionRefusedError("members only", { price: 5 }).data).toEqual({ price: 5 });
});

it("bytes that are not valid are a parse error, unless a limit was crossed", () => {
  expect(new ProtocolError("no packet").violation).toBe("parse error");
  expect(new ProtocolError("11 attachments", "too many attachments").violation).toBe("too many attachments");
});
