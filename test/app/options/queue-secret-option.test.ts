import { describe, expect, it } from "vitest";
import {
  queueSecretOption,
  secretsOf,
  unsignedFormat,
} from "../../../src/app/options/queue-secret-option.ts";
import { resolveOptions } from "../../../src/base/options.ts";

const settle = (given: object) =>
  resolveOptions({ queueSecret: queueSecretOption }, given, "new SocketIO()").queueSecret;

const secret = "0123456789abcdef0123456789abcdef";

describe("the option queueSecret", () => {
  it("takes a secret, or a list of them, the one to sign with first", () => {
    expect(settle({})).toBe(null);
    expect(settle({ queueSecret: secret })).toBe(secret);
    expect(settle({ queueSecret: [secret, `${secret}0`] })).toEqual([secret, `${secret}0`]);
    expect(secretsOf(secret)).toEqual([secret]);
    expect(secretsOf([secret, `${secret}0`])).toEqual([secret, `${secret}0`]);
  });

  it.each<[string, unknown, string]>([
    ["a short text", secret.slice(1), "one of 31 characters. Make one: openssl rand -hex 32."],
    ["no secrets", [], "an empty list."],
    ["a list with a short one", [secret, "hunter2"], "a list that holds something else."],
    ["a list in a list", [[secret]], "a list that holds something else."],
    ["bytes", Buffer.from(secret), "a value of the type object."],
    ["a number", 12_345, "a value of the type number."],
  ])("refuses %s, and shows nothing of it", (_what, queueSecret, shown) => {
    const text = 'The option "queueSecret" of new SocketIO() must be a string of at least 32 characters, ';
    expect(() => settle({ queueSecret })).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: `${text}or a list of such strings, not ${shown}`,
      }),
    );
  });

  it("is an error where it is undefined: a variable that is missing must not turn signatures off", () => {
    expect(() => settle({ queueSecret: undefined })).toThrow(
      'The option "queueSecret" of new SocketIO() is undefined.',
    );
  });

  it("cannot protect a format without signatures", () => {
    expect(unsignedFormat("redis-adapter")).toMatchObject({
      code: "ERR_OPTION",
      message: expect.stringMatching(/^Messages in the format "redis-adapter" have no signatures/),
    });
  });
});
