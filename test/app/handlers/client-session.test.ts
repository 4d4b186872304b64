import { describe, expect, it, vi } from "vitest";
import { PrivateSession, SharedSession } from "../../../src/app/handlers/client-session.ts";
import type { HttpSession } from "../../../src/session/http-session.ts";

/** An HTTP session whose data the test can see. */
class FakeHttpSession implements HttpSession {
  data: Record<string, unknown>;
  readonly write = vi.fn(
    async (changed: Readonly<Record<string, unknown>>, removed: readonly string[]): Promise<void> => {
      for (const key of removed) delete this.data[key];
      Object.assign(this.data, changed);
    },
  );

  constructor(data: Record<string, unknown>) {
    this.data = data;
  }

  async read(): Promise<Record<string, unknown>> {
    return structuredClone(this.data);
  }
}

describe("PrivateSession", () => {
  it("is empty at once where the server knows no HTTP sessions", () => {
    const session = new PrivateSession(null);
    const scope = session.begin();
    expect(scope).toMatchObject({ data: {} });
    expect(session.begin()).toBe(scope);
  });

  it("begins as a copy of the HTTP session, which it never changes", async () => {
    const http = new FakeHttpSession({ user: "ada" });
    const session = new PrivateSession(Promise.resolve(http));
    const scope = await session.begin();
    scope.data.user = "bob";
    await scope.end();
    http.data.user = "cem";
    expect(session.begin()).toBe(scope);
    expect(scope.data).toEqual({ user: "bob" });
    expect(http.write).not.toHaveBeenCalled();
  });

  it("remembers with which HTTP session the client came, whatever its handlers and pages change", async () => {
    const http = new FakeHttpSession({ user: "ada", cart: ["apple"] });
    const session = new PrivateSession(Promise.resolve(http));
    const { data } = await session.begin();
    data.user = "bob";
    (data.cart as string[]).push("pear");
    http.data = {};
    expect(await session.origin()).toEqual({ user: "ada", cart: ["apple"] });
    session.replace({ user: "cem" });
    expect(await session.origin()).toEqual({ user: "ada", cart: ["apple"] });
    expect(new PrivateSession(null).origin()).toBeNull();
  });

  it("rejects for every handler when the HTTP session cannot be read", async () => {
    const session = new PrivateSession(Promise.reject(new Error("the store burns")));
    await expect(session.begin()).rejects.toThrow("the store burns");
    await expect(session.begin()).rejects.toThrow("the store burns");
  });
});

describe("SharedSession", () => {
  const open = (data: Record<string, unknown>) => {
    const http = new FakeHttpSession(data);
    return { http, session: new SharedSession(Promise.resolve(http)) };
  };

  it("counts what its own handlers write as known, and nothing that others write", async () => {
    const { http, session } = open({ user: "ada", cart: ["apple"], old: true });
    expect(await session.origin()).toEqual({ user: "ada", cart: ["apple"], old: true });
    const scope = await session.begin();
    (scope.data.cart as string[]).push("pear");
    Object.assign(scope.data, { constructor: 1 });
    delete scope.data.old;
    await scope.end();
    http.data.user = "bob";
    await (await session.begin()).end();
    const origin = await session.origin();
    expect(Object.entries(origin)).toEqual([
      ["user", "ada"],
      ["cart", ["apple", "pear"]],
      ["constructor", 1],
    ]);
  });

  it("reads the HTTP session afresh for each handler", async () => {
    const { http, session } = open({ user: "ada" });
    expect((await session.begin()).data).toEqual({ user: "ada" });
    http.data.user = "bob";
    expect((await session.begin()).data).toEqual({ user: "bob" });
  });

  it("writes what a handler changed, what lies deeper included, and nothing else", async () => {
    const { http, session } = open({ user: "ada", cart: { apples: 1 }, old: true, same: [1] });
    const scope = await session.begin();
    (scope.data.cart as { apples: number }).apples += 1;
    scope.data.fresh = "new";
    delete scope.data.old;
    scope.data.same = [1];
    await scope.end();
    expect(http.write).toHaveBeenCalledExactlyOnceWith({ cart: { apples: 2 }, fresh: "new" }, ["old"]);
  });

  it("writes nothing when nothing changed", async () => {
    const { http, session } = open({ user: "ada" });
    await (await session.begin()).end();
    expect(http.write).not.toHaveBeenCalled();
  });

  it("lets two handlers change different keys at the same time", async () => {
    const { http, session } = open({ a: 1, b: 1 });
    const [first, second] = await Promise.all([session.begin(), session.begin()]);
    first.data.a = 2;
    second.data.b = 2;
    await Promise.all([first.end(), second.end()]);
    expect(http.data).toEqual({ a: 2, b: 2 });
  });

  it("rejects a value that no store could keep, and names its key", async () => {
    const { http, session } = open({});
    const scope = await session.begin();
    scope.data.total = 1n;
    await expect(scope.end()).rejects.toMatchObject({
      code: "ERR_SESSION",
      message: expect.stringContaining('"total"'),
    });
    expect(http.write).not.toHaveBeenCalled();
  });

  it("rejects when the HTTP session cannot be opened", async () => {
    const session = new SharedSession(Promise.reject(new Error("the store burns")));
    await expect(session.begin()).rejects.toThrow("the store burns");
  });
});
