import { expect, it } from "vitest";
import { checkForeignQueue } from "../../../src/backplane/queue/foreign-queue.ts";

it("takes Redis alone", () => {
  expect(() => checkForeignQueue("redis-adapter", "rediss://h")).not.toThrow();
  for (const url of ["nats://h", "memory://1"]) {
    expect(() => checkForeignQueue("python-socketio", url)).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining("redis:// or rediss://"),
      }),
    );
  }
});
