import { beforeEach, describe, expect, it } from "vitest";
import { HandlerLookup } from "../../../src/app/handlers/handler-lookup.ts";
import { HandlerRegistry } from "../../../src/app/handlers/handler-table.ts";
import type { Middleware } from "../../../src/app/handlers/middleware-context.ts";

let registry: HandlerRegistry;
let common: Middleware[];
let lookup: HandlerLookup;

beforeEach(() => {
  registry = new HandlerRegistry();
  common = [];
  registry.table("/game-1");
  lookup = new HandlerLookup("/game-1", null, registry, common);
});

const call = (event: string, ...values: unknown[]) => lookup.find(event)?.(...values);

describe("the handler of an event", () => {
  it("is found in the most specific table, and replaced by a more specific one that comes later", () => {
    registry.table("*").add("move", () => "every");
    expect(call("move")).toBe("every");
    registry.table(/^\/game/).add("move", () => "pattern");
    expect(call("move")).toBe("pattern");
    registry.table("/game-1").add("move", () => "own");
    expect(call("move")).toBe("own");
    registry.table("/game-1").handlers.delete("move");
    expect(call("move")).toBe("pattern");
  });

  it('is "*" of a specific table before one of its name in a more general table', () => {
    registry.table("*").add("move", () => "every");
    registry.table("/game-1").add("*", (...values) => values);
    expect(call("move", 1, 2)).toEqual(["move", 1, 2]);
  });

  it('gets the name "*" from a client that calls its event so, like any other name', () => {
    registry.table("/game-1").add("*", (...values) => values);
    expect(call("*", "connect", 1)).toEqual(["*", "connect", 1]);
  });

  it("is none in a namespace that clients may not join", () => {
    const elsewhere = new HandlerLookup("/attic", null, registry, common);
    registry.table("*").add("move", () => "every");
    expect(elsewhere.find("move")).toBe(undefined);
    registry.open();
    expect(elsewhere.find("move")?.()).toBe("every");
  });

  it("is found in the table whose function has let the client in", () => {
    const rule = () => true;
    const table = registry.table(rule);
    table.add("move", () => "rule");
    expect(new HandlerLookup("/tenant", table, registry, common).find("move")?.()).toBe("rule");
    expect(new HandlerLookup("/tenant", null, registry, common).find("move")).toBe(undefined);
  });
});

describe("the handler of a client's coming and going", () => {
  it('is never "*"', () => {
    registry.table("/game-1").add("*", () => "any");
    expect(lookup.special("connect")).toBe(undefined);
    registry.table("*").add("connect", () => "connect");
    expect(lookup.special("connect")?.()).toBe("connect");
    expect(lookup.special("disconnect")).toBe(undefined);
  });
});

describe("the handler of accepted clients", () => {
  it("is that of the most specific table that has one", () => {
    const [every, own] = [() => "every", () => "own"];
    expect(lookup.acceptedHandler()).toBe(null);
    registry.table("*").addAccepted(every);
    expect(lookup.acceptedHandler()).toBe(every);
    registry.table("/game-1").addAccepted(own);
    expect(lookup.acceptedHandler()).toBe(own);
  });
});

describe("the error for an event without a handler", () => {
  it("names the handler that may be meant, of any table that applies", () => {
    registry.table("*").add("my_event", () => {});
    registry.table("/chat").add("my_evnt2", () => {});
    expect(lookup.noHandler("my_evnt")).toMatchObject({
      code: "ERR_NO_HANDLER",
      message: 'The event "my_evnt" has no handler in /game-1. Did you mean "my_event"?',
    });
    expect(lookup.noHandler("xylophone").message).toBe('The event "xylophone" has no handler in /game-1.');
  });

  it("is one line, whatever the client has called its event and its namespace", () => {
    const strange = new HandlerLookup("/a\nb", null, registry, common);
    expect(strange.noHandler('"\n\u001b[2J').message).toBe(
      'The event "\\"\\n\\u001b[2J" has no handler in /a\\u000ab.',
    );
  });
});

describe("the error handler", () => {
  it("is that of the most specific table that has one", () => {
    const [every, own] = [() => "every", () => "own"];
    expect(lookup.errorHandler()).toBe(null);
    registry.table("*").errorHandler = every;
    expect(lookup.errorHandler()).toBe(every);
    registry.table("/game-1").errorHandler = own;
    expect(lookup.errorHandler()).toBe(own);
    registry.table("/game-1").errorHandler = null;
    expect(lookup.errorHandler()).toBe(every);
  });
});

describe("the middleware", () => {
  const named = (name: string): Middleware => Object.assign(() => name, { label: name });
  const names = () => lookup.middleware().map((middleware) => (middleware as () => unknown)());

  it("comes from general to specific, and has what was registered since", () => {
    expect(names()).toEqual([]);
    registry.table("/game-1").middleware.push(named("own"));
    expect(names()).toEqual(["own"]);
    common.push(named("server"));
    registry.table(/^\/game/).middleware.push(named("pattern"));
    registry.table("*").middleware.push(named("every"));
    expect(names()).toEqual(["server", "every", "pattern", "own"]);
    common.push(named("server too"));
    expect(names()).toEqual(["server", "server too", "every", "pattern", "own"]);
  });

  it("is one list until more is registered, so that an event costs no new one", () => {
    common.push(named("server"));
    const before = lookup.middleware();
    registry.table("/game-1").add("move", () => {});
    expect(lookup.middleware()).toBe(before);
  });
});
