import { describe, expect, it } from "vitest";
import { RoomcastError } from "../../src/base/errors.ts";
import { KeyedQueue } from "../../src/base/queue/keyed-queue.ts";
import {
  absentSession,
  applyChanges,
  StoredHttpSession,
  type StoredSession,
  sessionErrors,
} from "../../src/session/stored-session.ts";
import { deferred } from "../support/waiting.ts";

const sessionError = (message: string | RegExp) =>
  expect.objectContaining({
    name: "RoomcastError",
    code: "ERR_SESSION",
    message: typeof message === "string" ? message : expect.stringMatching(message),
  });

/** A session on a store of the test. */
function sessionOn(load: () => Promise<StoredSession | undefined>, id = "id", order = new KeyedQueue()) {
  return new StoredHttpSession("express-session", id, order, load);
}

describe("StoredHttpSession", () => {
  it("says that data cannot be read which cannot be copied", async () => {
    const session = sessionOn(async () => ({ data: { greet: () => "hi" }, save: async () => {} }));
    await expect(session.read()).rejects.toEqual(
      sessionError(/^express-session could not read the session: .*could not be cloned/),
    );
  });

  it("keeps its writers in order, and lets those of other sessions pass", async () => {
    const order = new KeyedQueue();
    const gate = deferred();
    const saved: unknown[] = [];
    const store = (name: string, ready: Promise<void>) => async () => ({
      data: {},
      save: async (changed: object) => {
        await ready;
        saved.push([name, changed]);
      },
    });
    const ada = sessionOn(store("ada", gate.promise), "ada", order);
    const bob = sessionOn(store("bob", Promise.resolve()), "bob", order);
    const writes = [ada.write({ n: 1 }, []), ada.write({ n: 2 }, []), bob.write({ n: 3 }, [])];
    await writes[2];
    expect(saved).toEqual([["bob", { n: 3 }]]);
    gate.resolve();
    await Promise.all(writes);
    expect(saved.slice(1)).toEqual([
      ["ada", { n: 1 }],
      ["ada", { n: 2 }],
    ]);
  });

  it("loads the session for each write after the write before has ended", async () => {
    const log: string[] = [];
    const session = sessionOn(async () => {
      log.push("load");
      return { data: {}, save: async () => void log.push("save") };
    });
    await Promise.all([session.write({ a: 1 }, []), session.write({ b: 2 }, [])]);
    expect(log).toEqual(["load", "save", "load", "save"]);
  });
});

describe("the session of a visitor without one", () => {
  it("reads as empty, an object for each reader, and says how to begin one", async () => {
    const data = await absentSession.read();
    data.user = "eve";
    expect(await absentSession.read()).toEqual({});
    await expect(absentSession.write({ user: "eve" }, [])).rejects.toEqual(
      sessionError(/no HTTP session .* Begin it in an HTTP request/),
    );
  });
});

describe("an error of a session library", () => {
  it("says what failed and why, and keeps its cause", async () => {
    const cause = new Error("the store burns");
    const failed = sessionErrors("the read failed", () => Promise.reject(cause));
    await expect(failed).rejects.toEqual(sessionError("the read failed: the store burns"));
    await expect(failed).rejects.toMatchObject({ cause });
  });

  it("is told whatever was thrown, also what cannot be read", async () => {
    const unreadable = new Proxy(
      {},
      {
        get() {
          throw new Error("no");
        },
        getPrototypeOf() {
          throw new Error("no");
        },
      },
    );
    const failing = (reason: unknown) => sessionErrors("it failed", () => Promise.reject(reason));
    await expect(failing("ENOENT")).rejects.toEqual(sessionError("it failed: ENOENT"));
    await expect(failing(undefined)).rejects.toEqual(sessionError("it failed: undefined"));
    await expect(failing(unreadable)).rejects.toEqual(
      sessionError("it failed: an error that cannot be read"),
    );
    await expect(
      sessionErrors("it failed", () => {
        throw new Error("at once");
      }),
    ).rejects.toEqual(sessionError("it failed: at once"));
  });

  it("of Roomcast's own passes as it is", async () => {
    const missing = new RoomcastError("ERR_MISSING_PACKAGE", "install it");
    await expect(sessionErrors("it failed", () => Promise.reject(missing))).rejects.toBe(missing);
  });
});

describe("applyChanges()", () => {
  const isBookkeeping = (key: string) => key === "cookie";

  /** A library's session: a method on its prototype, and bookkeeping of both kinds. */
  function librarySession(): Record<string, unknown> {
    const session = Object.create({ save() {} }) as Record<string, unknown>;
    Object.assign(session, { cookie: {}, user: "ada", room: "hall" });
    return Object.defineProperty(session, "req", { value: {}, enumerable: false });
  }

  it("sets and removes keys", () => {
    const session = librarySession();
    applyChanges(session, { user: "bob", cart: [1] }, ["room", "never there"], isBookkeeping);
    expect({ ...session }).toEqual({ cookie: {}, user: "bob", cart: [1] });
  });

  it("sets a key that is removed and set", () => {
    const session = librarySession();
    applyChanges(session, { room: "kitchen" }, ["room"], isBookkeeping);
    expect(session.room).toBe("kitchen");
  });

  it.each([
    ["a method of its prototype", "save"],
    ["bookkeeping that can be seen", "cookie"],
    ["bookkeeping that is hidden", "req"],
    ["what every object has", "hasOwnProperty"],
    ["the prototype itself", "__proto__"],
  ])("changes nothing when one of the keys is the library's own: %s", (_what, key) => {
    const changed = Object.defineProperty({ user: "bob" }, key, { value: 1, enumerable: true });
    for (const [set, removed] of [
      [changed, []],
      [{ user: "bob" }, ["room", key]],
    ] as const) {
      const session = librarySession();
      expect(() => applyChanges(session, set, removed, isBookkeeping)).toThrow(
        sessionError(`"${key}" cannot be a key of the session: it is the library's own.`),
      );
      expect({ ...session }).toEqual({ ...librarySession() });
    }
  });
});
