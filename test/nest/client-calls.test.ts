import { EventEmitter } from "node:events";
import { NEVER, of, Subject, throwError } from "rxjs";
import { describe, expect, it } from "vitest";
import type { Socket } from "../../src/compat/index.ts";
import { ClientCalls } from "../../src/nest/client-calls.ts";

describe("A call of a client", () => {
  it("answers with each result, but for undefined and null", async () => {
    const { calls, answers, answer } = client();
    await calls.follow(of(undefined, null, 0, "", false, { event: "", data: 1 }), answer);
    expect(answers).toEqual([[0], [""], [false], [{ event: "", data: 1 }]]);
  });

  it("emits results that name an event, and sends no other where no answer is wanted", async () => {
    const { calls, answers, sent } = client();
    await calls.follow(of("not asked for", { event: "told", data: 1 }), null);
    expect(answers).toEqual([]);
    expect(sent).toEqual([["told", 1]]);
  });

  it("is over for the server with its first result, and goes on", async () => {
    const { calls, answers, answer } = client();
    const results = new Subject();
    const call = calls.follow(results, answer);
    results.next(1);
    await call;
    results.next(2);
    expect(answers).toEqual([[1], [2]]);
  });

  it("fails with an error before the first result, and reports a later one", async () => {
    const { calls, reports, answer } = client();
    const first = new Error("at first");
    await expect(
      calls.follow(
        throwError(() => first),
        answer,
      ),
    ).rejects.toBe(first);
    const results = new Subject();
    const call = calls.follow(results, answer);
    results.next(1);
    results.error("later");
    await call;
    expect(reports).toEqual(["later"]);
  });

  it("fails with a result that cannot be sent, and ends", async () => {
    const { calls } = client();
    const results = new Subject();
    const call = calls.follow(results, () => {
      throw new Error("cannot be sent");
    });
    results.next(1);
    await expect(call).rejects.toThrow("cannot be sent");
    expect(results.observed).toBe(false);
  });

  it("ends when the client leaves, with or without a result", async () => {
    const { calls, socket, answers, answer } = client();
    const results = new Subject();
    const running = [calls.follow(results, answer), calls.follow(NEVER, answer)];
    socket.emit("disconnect", "transport close");
    await Promise.all(running);
    results.next("too late");
    expect(results.observed).toBe(false);
    expect(answers).toEqual([]);
  });
});

/** A socket whose `emit` of other events than `disconnect` is written down. */
function client() {
  const sent: unknown[][] = [];
  const answers: unknown[][] = [];
  const reports: unknown[] = [];
  class FakeSocket extends EventEmitter {
    override emit(event: string, ...values: unknown[]): boolean {
      if (event === "disconnect") return super.emit(event, ...values);
      sent.push([event, ...values]);
      return true;
    }
  }
  const socket = new FakeSocket();
  const calls = new ClientCalls(socket as unknown as Socket, (error) => reports.push(error));
  return { calls, socket, sent, answers, reports, answer: (...values: unknown[]) => answers.push(values) };
}
