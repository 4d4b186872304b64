import { describe, expect, it } from "vitest";
import { QueueSecret } from "../../../src/backplane/wire/queue-secret.ts";
import {
  longestWay,
  Repetitions,
  SignedMessages,
  signedHeadLength,
} from "../../../src/backplane/wire/signed-messages.ts";

const [first, second] = ["the first secret of this test alone", "the second secret of this test alone"];
const message = Buffer.from("message");

/** A process that knows some secrets, and a clock that the test sets. */
function setup(secrets: readonly string[] = [first], channel = "app") {
  const clock = { now: 1_800_000_000_000 };
  const signed = new SignedMessages(new QueueSecret(secrets, channel), () => clock.now);
  const repetitions = new Repetitions(() => clock.now);
  return {
    clock,
    signed,
    /** What becomes of a message: its text, or why it is not taken. */
    take(place: string, bytes: Uint8Array): string {
      const opened = signed.open(place, bytes);
      if ("problem" in opened) return opened.problem;
      return repetitions.problemOf(place, opened)?.problem ?? Buffer.from(opened.message).toString();
    },
  };
}

describe("a signed message", () => {
  it("is taken by processes with the secret, in the place for which it was signed", () => {
    const [sender, receiver] = [setup(), setup()];
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("message");
    expect(receiver.take("all", sender.signed.signNow("all", new Uint8Array()))).toBe("");
    expect(receiver.take("b:/", sender.signed.signNow("all", message))).toBe("forged");
    // The end of a place is not the beginning of a message.
    expect(receiver.take("b:/m", sender.signed.signNow("b:/", message))).toBe("forged");
    expect(setup([first], "another app").take("all", sender.signed.signNow("all", message))).toBe(
      "other secret",
    );
  });

  it("is not taken with a byte that was changed, or less than all of them", () => {
    const [sender, receiver] = [setup(), setup()];
    const bytes = sender.signed.signNow("all", message);
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Uint8Array.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(receiver.take("all", changed)).toMatch(/^(unsigned|other secret|forged)$/);
      expect(receiver.take("all", bytes.subarray(0, index))).toMatch(/^(unsigned|forged)$/);
    }
    expect(receiver.take("all", bytes)).toBe("message");
  });

  it("does not hold the secret, nor does what names it tell one channel's from another's", () => {
    const bytes = setup().signed.signNow("all", message);
    expect(Buffer.from(bytes).includes(first.slice(0, 8))).toBe(false);
    const names = ["app", "other"].map((channel) => new QueueSecret([first], channel).id);
    expect(new Set(names).size).toBe(2);
  });

  it("is taken once", () => {
    const [sender, other, receiver] = [setup(), setup(), setup()];
    const [one, two] = [sender.signed.signNow("all", message), sender.signed.signNow("all", message)];
    expect([one, one, two, one, two].map((bytes) => receiver.take("all", bytes))).toEqual([
      "message",
      "repeated",
      "message",
      "repeated",
      "repeated",
    ]);
    expect(receiver.take("all", other.signed.signNow("all", message))).toBe("message");
    expect(receiver.take("b:/", sender.signed.signNow("b:/", message))).toBe("message");
  });

  it("is taken for as long as messages may be on their way, and is still known then", () => {
    const [sender, receiver] = [setup(), setup()];
    const [old, late] = [sender.signed.signNow("all", message), sender.signed.signNow("b:/", message)];
    expect(receiver.take("all", old)).toBe("message");
    for (let passed = 0; passed < 3 * longestWay; passed += 7000) {
      receiver.clock.now += 7000;
      receiver.take("other", setup().signed.signNow("other", message));
      expect(receiver.take("all", old)).toMatch(/^(repeated|stale)$/);
    }
    expect(receiver.take("b:/", late)).toBe("stale");
  });

  it("is not taken where the clocks differ by more than that", () => {
    const [sender, receiver] = [setup(), setup()];
    receiver.clock.now += longestWay - 1000;
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("message");
    receiver.clock.now += 2000;
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("stale");
    receiver.clock.now -= 3 * longestWay;
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("stale");
  });

  it("is taken also where its sender's clock was set back", () => {
    const [sender, receiver] = [setup(), setup()];
    sender.clock.now += 10 * longestWay;
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("stale");
    sender.clock.now -= 10 * longestWay;
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("message");
    // A little is made good by counting on.
    sender.clock.now -= 10;
    expect(receiver.take("all", sender.signed.signNow("all", message))).toBe("message");
  });

  it("costs 37 bytes", () => {
    expect(setup().signed.signNow("all", message).length - message.length).toBe(signedHeadLength);
    expect(signedHeadLength).toBe(37);
  });
});

describe("of several secrets", () => {
  it("the first makes signatures, and all check them", () => {
    const [before, during, after] = [setup([first]), setup([second, first]), setup([second])];
    const sign = ({ signed }: typeof before) => signed.signNow("all", message);
    expect(during.take("all", sign(before))).toBe("message");
    expect(during.take("all", sign(after))).toBe("message");
    expect(after.take("all", sign(during))).toBe("message");
    expect(before.take("all", sign(during))).toBe("other secret");
    expect(before.take("all", sign(setup([first, second])))).toBe("message");
  });
});
