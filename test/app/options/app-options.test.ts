import { describe, expect, it } from "vitest";
import { appOptions, looksLikeOptions } from "../../../src/app/options/app-options.ts";
import { resolveOptions } from "../../../src/base/options.ts";

const settle = (given: object) => resolveOptions(appOptions, given, "new SocketIO()");

const sessions = { name: "s", writable: true, open: async () => ({}) };
const logger = { info() {}, warn() {}, error() {} };

describe("the options of new SocketIO()", () => {
  it.each([
    ["namespaces", ["/chat", "*", /^\/game/, [], ["/chat", /^\/game/]]],
    ["session", [null, sessions]],
    ["manageSession", [true, false]],
    ["serveClient", [true, false]],
    ["asyncMode", ["node", "bun", null]],
    ["logger", [console, logger]],
    ["debug", [true, false, "payloads"]],
  ])("take %s", (name, values) => {
    for (const value of values) expect(settle({ [name]: value })).toMatchObject({ [name]: value });
  });

  it.each([
    ["namespaces", [7, null, [7], { name: "/chat" }]],
    ["session", [{}, () => {}, "express"]],
    ["manageSession", [1, "no", null]],
    ["serveClient", ["yes"]],
    ["asyncMode", ["threading", "eventlet", true]],
    ["logger", [null, true, {}, { info() {} }]],
    ["debug", ["verbose"]],
  ])("take for %s nothing else", (name, values) => {
    for (const value of values) {
      expect(() => settle({ [name]: value })).toThrow(
        expect.objectContaining({
          code: "ERR_OPTION",
          message: expect.stringContaining(`The option "${name}" of new SocketIO() must be `),
        }),
      );
    }
  });

  it("include those of the engine", () => {
    expect(settle({ pingInterval: 5 })).toMatchObject({
      pingInterval: 5,
      pingTimeout: 20_000,
      path: "/socket.io",
    });
  });

  it("may be left out, also by undefined", () => {
    expect(settle({ debug: undefined })).toEqual(settle({}));
  });

  it("cannot be changed once they are settled", () => {
    expect(Object.isFrozen(settle({}))).toBe(true);
  });

  it("that are unknown are refused with the name that may be meant", () => {
    expect(() => settle({ manage_session: false })).toThrow(
      /no option "manage_session".*Did you mean "manageSession"\?/,
    );
    expect(() => settle({ ping_timeout: 5 })).toThrow(/Did you mean "pingTimeout"\?/);
  });
});

describe("looksLikeOptions()", () => {
  it("tells options from applications", () => {
    class App {}
    expect([{}, { debug: true }, Object.create(null)].map(looksLikeOptions)).toEqual([true, true, true]);
    expect([new App(), () => {}, [], null, undefined, "x"].map(looksLikeOptions)).toEqual(
      Array(6).fill(false),
    );
  });
});
