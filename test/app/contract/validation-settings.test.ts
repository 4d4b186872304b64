import { describe, expect, it } from "vitest";
import { inTime, misfit } from "../../../src/app/contract/validation-settings.ts";
import { FakeClock } from "../../support/fake-clock.ts";

describe("inTime()", () => {
  it("gives what the check gives, or its error", async () => {
    const clock = new FakeClock();
    const limits = { validationTimeout: 100, clock };
    await expect(inTime(Promise.resolve({ values: [1] }), "it", limits)).resolves.toEqual({ values: [1] });
    await expect(inTime(Promise.reject(new Error("broken")), "it", limits)).rejects.toThrow("broken");
    expect(clock.timerCount).toBe(0);
  });

  it("gives up after the time, and ignores what comes later", async () => {
    const clock = new FakeClock();
    let fail = (_error: Error) => {};
    const check = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    const result = inTime(check, 'the event "say"', { validationTimeout: 100, clock });
    clock.advance(100);
    fail(new Error("too late"));
    await expect(result).rejects.toMatchObject({
      code: "ERR_CONTRACT",
      message: 'The schema of the event "say" gave no result within 100 ms (validationTimeout).',
    });
  });
});

describe("misfit()", () => {
  it("says what does not fit, and where", () => {
    expect(misfit("The session", { issues: [{ message: "no text", path: ["name"] }] })).toMatchObject({
      code: "ERR_CONTRACT",
      message: "The session does not fit the contract: name: no text.",
    });
  });
});
