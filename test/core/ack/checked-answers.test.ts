import { describe, expect, it } from "vitest";
import { checkedListener } from "../../../src/core/ack/checked-answers.ts";
import type { EventRules } from "../../../src/core/event-rules.ts";
import type { AckRequest } from "../../../src/core/ports.ts";
import { deferred } from "../../support/waiting.ts";

const request = { target: { namespace: "/chat" }, event: "ask" } as AckRequest;

function listening(answered: EventRules["answered"]) {
  const told: unknown[] = [];
  const listener = checkedListener({ onSend() {}, answered }, request, {
    listener: {
      onAnswer: (sid, values) => told.push([sid, values]),
      onFailure: (sid, failure) => told.push([sid, failure]),
      onEnd: (missing) => told.push(["end", missing]),
    },
  });
  return { told, listener };
}

describe("checkedListener()", () => {
  it("passes on what the rules make of answers, and the rest as it is", () => {
    const asked: unknown[] = [];
    const { told, listener } = listening((answer) => {
      asked.push(answer);
      return answer.values[0] === "wrong" ? null : [...answer.values, "checked"];
    });
    listener.onAnswer("ada", ["right"]);
    listener.onAnswer("bob", ["wrong"]);
    listener.onFailure("cem", "timeout");
    listener.onEnd(["other"]);
    expect(told).toEqual([
      ["ada", ["right", "checked"]],
      ["bob", "invalid"],
      ["cem", "timeout"],
      ["end", ["other"]],
    ]);
    expect(asked[0]).toEqual({ namespace: "/chat", event: "ask", sid: "ada", values: ["right"] });
  });

  it("ends when all checks have ended", async () => {
    const [first, second] = [deferred<readonly unknown[] | null>(), deferred<readonly unknown[] | null>()];
    const { told, listener } = listening(({ sid }) => (sid === "ada" ? first : second).promise);
    listener.onAnswer("ada", [1]);
    listener.onAnswer("bob", [2]);
    listener.onEnd([]);
    second.resolve(null);
    await second.promise;
    expect(told).toEqual([["bob", "invalid"]]);
    first.resolve(["late"]);
    await first.promise;
    expect(told).toEqual([
      ["bob", "invalid"],
      ["ada", ["late"]],
      ["end", []],
    ]);
  });
});
