import { describe, expect, it } from "vitest";
import { QueueSecret, signatureLength } from "../../../src/backplane/wire/queue-secret.ts";

const [first, second] = ["the first secret of these tests alone", "the second secret of these tests alone"];
const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const [head, message] = [bytes("head"), bytes("message")];

it("needs at least one secret", () => {
  expect(() => new QueueSecret([], "app")).toThrow(RangeError);
});

describe("a signature", () => {
  const secret = new QueueSecret([first], "app");
  const signature = secret.sign("news", head, message);
  const fits = (place: string, ahead: Uint8Array, text: Uint8Array) =>
    secret.checkOf(secret.id)?.isSigned(place, ahead, text, signature);

  it("fits its own place, head and message, and no others", () => {
    expect(signature).toHaveLength(signatureLength);
    expect(fits("news", head, message)).toBe(true);
    expect(fits("new", head, bytes("smessage"))).toBe(false);
    expect(fits("newsm", head, bytes("essage"))).toBe(false);
    expect(fits("news", bytes("heap"), message)).toBe(false);
    expect(fits("news", head, bytes("massage"))).toBe(false);
  });

  it("of another application on the same message queue does not fit, nor is its secret known", () => {
    const other = new QueueSecret([first], "another app");
    expect(other.id).not.toBe(secret.id);
    expect(other.checkOf(secret.id)).toBeUndefined();
    expect(other.checkOf(other.id)?.isSigned("news", head, message, signature)).toBe(false);
  });
});

describe("of several secrets", () => {
  const both = new QueueSecret([first, second], "app");
  const [old, next] = [new QueueSecret([first], "app"), new QueueSecret([second], "app")];

  it("the first one signs, and all of them check", () => {
    expect(both.id).toBe(old.id);
    for (const one of [old, next]) {
      const signature = one.sign("news", head, message);
      expect(both.checkOf(one.id)?.isSigned("news", head, message, signature)).toBe(true);
    }
    expect(next.checkOf(both.id)).toBeUndefined();
  });

  it("each has a key of its own for every process that requests are relayed to", () => {
    expect(both.relayKeys("a")).toEqual([old.relayKey("a"), next.relayKey("a")]);
    expect(both.relayKey("a")).toEqual(old.relayKey("a"));
    const keys = [both.relayKey("a"), both.relayKey("b"), next.relayKey("a")];
    expect(new Set(keys.map(({ key }) => Buffer.from(key).toString("hex"))).size).toBe(3);
    expect(new Set(keys.map(({ identity }) => identity)).size).toBe(2);
    expect(keys.every(({ key }) => key.length === 32)).toBe(true);
  });
});
