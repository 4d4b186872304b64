import { describe, expect, it } from "vitest";
import { HandlerRegistry, HandlerTable } from "../../../src/app/handlers/handler-table.ts";
import type { NamespacePattern } from "../../../src/app/options/namespace-pattern.ts";

describe("HandlerTable", () => {
  it.each(["connect", "disconnect", "*", "message", "any name at all"])("takes a handler for %j", (event) => {
    const table = new HandlerTable("/");
    const handler = () => {};
    table.add(event, handler);
    expect(table.handlers.get(event)).toBe(handler);
  });

  it.each([["connect_error"], ["disconnecting"], ["newListener"], [""], [undefined], [7]])(
    "refuses the event %j",
    (event) => {
      expect(() => new HandlerTable("/").add(event as string, () => {})).toThrow(
        expect.objectContaining({ code: "ERR_EVENT_NAME" }),
      );
    },
  );

  it("refuses a handler that is not a function", () => {
    const table = new HandlerTable("/");
    expect(() => table.add("e", undefined as never)).toThrow(
      expect.objectContaining({
        code: "ERR_HANDLER",
        message: 'The handler of "e" must be a function, not undefined.',
      }),
    );
  });

  it("refuses a second handler for an event, and says how to replace the first", () => {
    const table = new HandlerTable("/chat");
    const first = () => {};
    table.add("e", first);
    expect(() => table.add("e", () => {})).toThrow(
      expect.objectContaining({
        code: "ERR_HANDLER",
        message: '"e" has a handler in /chat already. Call off("e") first to replace it.',
      }),
    );
    expect(table.handlers.get("e")).toBe(first);
  });
});

describe("the handler of accepted clients", () => {
  it("is one function", () => {
    const table = new HandlerTable("/chat");
    expect(() => table.addAccepted(undefined as never)).toThrow(
      "The handler of onAccepted() must be a function, not undefined.",
    );
    const first = () => {};
    table.addAccepted(first);
    expect(() => table.addAccepted(() => {})).toThrow(
      expect.objectContaining({ code: "ERR_HANDLER", message: expect.stringContaining("in /chat already") }),
    );
    expect(table.acceptedHandler).toBe(first);
  });
});

describe("HandlerRegistry", () => {
  it("makes each table once", () => {
    const registry = new HandlerRegistry();
    expect(registry.table("/chat")).toBe(registry.table("/chat"));
    expect(registry.table(/^\/chat/)).toBe(registry.table(/^\/chat/));
    expect(registry.table("*")).toBe(registry.table("*"));
  });

  it("gives the tables of a namespace, the most special first", () => {
    const registry = new HandlerRegistry();
    const patterns: NamespacePattern[] = ["*", /^\/game-\d+$/, "/game-1", /game/, "/chat"];
    for (const pattern of patterns) registry.table(pattern);
    const resolve = (name: string) => registry.resolve(name).map((table) => String(table.pattern));
    expect(resolve("/game-1")).toEqual(["/game-1", String(/^\/game-\d+$/), "/game/", "*"]);
    expect(resolve("/game-2")).toEqual([String(/^\/game-\d+$/), "/game/", "*"]);
    expect(resolve("/chat")).toEqual(["/chat", "*"]);
    expect(resolve("/elsewhere")).toEqual([]);
    registry.open();
    expect(resolve("/elsewhere")).toEqual(["*"]);
    expect(resolve("/chat")).toEqual(["/chat", "*"]);
  });

  it("gives no table for a namespace that clients may not join", () => {
    const registry = new HandlerRegistry();
    registry.table("/chat");
    expect(registry.resolve("/attic")).toEqual([]);
    expect(registry.resolve("*")).toEqual([]);
  });

  it("is not confused by a pattern that remembers where it stopped", () => {
    const registry = new HandlerRegistry();
    registry.table(/^\/game/g);
    registry.table(/^\/play/y);
    for (const name of ["/game", "/game", "/game-2", "/play", "/play"]) {
      expect(registry.resolve(name)).toHaveLength(1);
    }
  });

  it("has a new version whenever it may resolve to something else", () => {
    const registry = new HandlerRegistry();
    const before = registry.version;
    registry.table("/chat");
    const after = registry.version;
    expect(after).not.toBe(before);
    registry.table("/chat");
    registry.resolve("/chat");
    expect(registry.version).toBe(after);
  });

  it.each([["chat"], [""], ["/a,b"], [undefined], [7], [{}]])("refuses the namespace %j", (name) => {
    expect(() => new HandlerRegistry().table(name as string)).toThrow(
      expect.objectContaining({ code: "ERR_NAMESPACE" }),
    );
  });
});
