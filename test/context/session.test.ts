import { inspect } from "node:util";
import { request, session } from "roomcast";
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

  it.each(["constructor", "__proto__", "toString", "hasOwnProperty"])(
    "has nothing under %s that no handler has put there, and what one puts there is data",
    async (key) => {
      const seen = await inHandler(() => {
        const before = [session[key], key in session, request.publicData[key], key in request.publicData];
        for (const data of [session, request.publicData as Record<string, unknown>]) {
          for (let count = 0; count < 2; count += 1) data[key] = ((data[key] as number | undefined) ?? 0) + 1;
        }
        return {
          before,
          after: [{ ...session }, { ...request.publicData }, structuredClone({ ...session })],
        };
      });
      expect(seen.before).toEqual([undefined, false, undefined, false]);
      const [all, publicData, cloned] = seen.after.map((data) => Object.entries(data));
      expect(all).toEqual([
        ["user", "ada"],
        ["cart", { apples: 1 }],
        [key, 2],
      ]);
      expect(publicData).toEqual([[key, 2]]);
      expect(cloned).toEqual(all);
      expect({}).not.toHaveProperty("2");
    },
  );

  it("can be told from other keys by a client's choice without harm: what lies under __proto__ is no prototype", async () => {
    const seen = await inHandler(() => {
      const data = session as Record<string, unknown>;
      const key = "__proto__";
      data[key] = { admin: true };
      return [session.admin, { ...session }.admin, JSON.stringify(session)];
    });
    expect(seen).toEqual([
      undefined,
      undefined,
      '{"user":"ada","cart":{"apples":1},"__proto__":{"admin":true}}',
    ]);
  });

  it("is a text where one is asked for", async () => {
    expect(await inHandler(() => `${session}`)).toBe("[object Object]");
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
