import { inspect } from "node:util";
import { session } from "roomcast";
import { describe, expect, it } from "vitest";
import { joinedClient, portlessServer } from "../support/portless-server.ts";

/** Runs a function as a handler of a client whose session holds `user` and `cart`. */
async function inHandler<T>(run: () => T): Promise<T> {
  const { socketio } = portlessServer();
  let result: { value: T } | { error: unknown } | undefined;
  socketio.on("go", () => {
    Object.assign(session, { user: "ada", cart: { apples: 1 } });
    try {
      result = { value: run() };
    } catch (error) {
      result = { error };
    }
  });
  await (await joinedClient(socketio)).emit("go");
  if (result === undefined) throw new Error("the handler did not run");
  if ("error" in result) throw result.error;
  return result.value;
}

describe("session", () => {
  const looks: [what: string, look: () => unknown, seen: unknown][] = [
    ["reading", () => [session.user, session.nothing], ["ada", undefined]],
    ["in", () => ["user" in session, "nothing" in session], [true, false]],
    [
      "Object.hasOwn",
      () => [Object.hasOwn(session, "user"), Object.hasOwn(session, "toString")],
      [true, false],
    ],
    ["keys", () => Object.keys(session), ["user", "cart"]],
    [
      "entries",
      () => Object.entries(session),
      [
        ["user", "ada"],
        ["cart", { apples: 1 }],
      ],
    ],
    ["values", () => Object.values(session), ["ada", { apples: 1 }]],
    [
      "for … in",
      () => {
        const keys = [];
        for (const key in session) keys.push(key);
        return keys;
      },
      ["user", "cart"],
    ],
    ["spreading", () => ({ ...session }), { user: "ada", cart: { apples: 1 } }],
    [
      "destructuring",
      () => {
        const { user, ...rest } = session;
        return [user, rest];
      },
      ["ada", { cart: { apples: 1 } }],
    ],
    ["JSON.stringify", () => JSON.stringify(session), '{"user":"ada","cart":{"apples":1}}'],
    ["Object.assign", () => Object.assign({}, session), { user: "ada", cart: { apples: 1 } }],
    [
      "its prototype",
      () => [Object.getPrototypeOf(session) === Object.prototype, session instanceof Object],
      [true, true],
    ],
    ["console.log", () => inspect(session), "{ user: 'ada', cart: { apples: 1 } }"],
  ];

  it.each(looks)("looks like an object to %s", async (_what, look, seen) => {
    expect(await inHandler(look)).toEqual(seen);
  });

  const changes: [what: string, change: () => void, left: unknown][] = [
    [
      "assigning",
      () => {
        session.count = 1;
      },
      { user: "ada", cart: { apples: 1 }, count: 1 },
    ],
    [
      "counting",
      () => {
        session.count ??= 0;
        (session.count as number) += 1;
      },
      { user: "ada", cart: { apples: 1 }, count: 1 },
    ],
    [
      "deleting",
      () => {
        delete session.user;
      },
      { cart: { apples: 1 } },
    ],
    [
      "changing what lies deeper",
      () => {
        (session.cart as { apples: number }).apples += 2;
      },
      { user: "ada", cart: { apples: 3 } },
    ],
    [
      "Object.assign",
      () => {
        Object.assign(session, { user: "bob", extra: [] });
      },
      { user: "bob", cart: { apples: 1 }, extra: [] },
    ],
    [
      "Reflect.set",
      () => {
        Reflect.set(session, "user", "bob");
      },
      { user: "bob", cart: { apples: 1 } },
    ],
  ];

  it.each(changes)("changes like an object by %s", async (_what, change, left) => {
    expect(
      await inHandler(() => {
        change();
        return { ...session };
      }),
    ).toEqual(left);
  });

  it("keeps what a handler wrote for the client's other handlers, and for no other client", async () => {
    const { socketio } = portlessServer();
    socketio.namespace("/chat").on("look", () => ({ ...session }));
    socketio.on("write", (user: string) => {
      session.user = user;
    });
    const [ada, bob] = [await joinedClient(socketio), await joinedClient(socketio)];
    await Promise.all([ada.connect("/chat"), bob.connect("/chat")]);
    await ada.emit("write", "ada");
    await bob.emit("write", "bob");
    expect(await ada.call("look", undefined, "/chat")).toEqual({ user: "ada" });
    expect(await bob.call("look", undefined, "/chat")).toEqual({ user: "bob" });
  });

  it.each([
    ["freezing", () => Object.freeze(session)],
    ["sealing", () => Object.seal(session)],
    ["another prototype", () => Object.setPrototypeOf(session, { evil: true })],
  ])("refuses %s, which would outlast the handler", async (_what, attempt) => {
    await expect(inHandler(attempt)).rejects.toBeInstanceOf(TypeError);
    expect(await inHandler(() => [Object.keys(session), "evil" in session])).toEqual([
      ["user", "cart"],
      false,
    ]);
  });

  it("can be shown outside of handlers, where it has nothing to show", () => {
    expect(inspect(session)).toBe("[the session of no handler]");
  });
});
