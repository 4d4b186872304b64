import { describe, expect, it } from "vitest";
import { acceptDenial, redisRefusal, throwRefusal } from "../../../src/backplane/redis/redis-refusal.ts";
import { RoomcastError } from "../../../src/base/errors.ts";

it("says what to do about a right that is missing, also within a script", () => {
  for (const message of [
    "NOPERM User ada has no permissions to run the 'spublish' command",
    "ERR The user executing the script can't run this command or subcommand script: f1, on @user_script:3.",
  ]) {
    expect(redisRefusal(new Error(message))).toMatchObject({
      code: "ERR_MESSAGE_QUEUE",
      message: expect.stringContaining("docs/brokers.md lists the commands and channels"),
    });
  }
});

describe("an answer to a ping", () => {
  it("is a sign of life also where this user may not use the command, or the server has none", () => {
    for (const message of ["NOPERM this user has no permissions", "ERR unknown command 'PING'"]) {
      expect(() => acceptDenial(new Error(message))).not.toThrow();
    }
    for (const error of [new Error("Socket closed unexpectedly"), "NOPERM"]) {
      expect(() => acceptDenial(error)).toThrow();
    }
  });
});

it("leaves a refusal as it is that says what to do already, and a value that is no error", () => {
  const known = new RoomcastError("ERR_MESSAGE_QUEUE", "NOPERM, and what to do");
  for (const error of [known, "NOPERM"]) {
    let thrown: unknown = null;
    try {
      throwRefusal(error);
    } catch (cause) {
      thrown = cause;
    }
    expect(thrown).toBe(error);
  }
});
