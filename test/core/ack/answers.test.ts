import { describe, expect, it, vi } from "vitest";
import { TimeoutError } from "../../../src/base/errors.ts";
import { Answers, type ClientAnswer } from "../../../src/core/ack/answers.ts";
import type { AckListener } from "../../../src/core/model/ack-listener.ts";

/** Answers whose listener the test calls. */
function inquiry() {
  const stop = vi.fn();
  let told: AckListener | null = null as AckListener | null;
  const answers = new Answers("ask", 500, (listener) => {
    told = listener;
    return stop;
  });
  if (told === null) throw new Error("nothing was asked");
  return { answers, stop, clients: told };
}

/** An answer in short: the client, and its value or its error's code. */
const short = ({ sid, value, error }: ClientAnswer) => [sid, error === undefined ? value : error.code];

describe("Answers", () => {
  it("give a list of all when they are awaited, in the order in which they came", async () => {
    const { answers, clients } = inquiry();
    clients.onAnswer("ada", ["yes"]);
    clients.onFailure("bob", "disconnected");
    clients.onAnswer("cem", [1, 2]);
    clients.onAnswer("dora", []);
    clients.onFailure("eva", "timeout");
    clients.onEnd([]);
    const list = await answers;
    expect(list.map(short)).toEqual([
      ["ada", "yes"],
      ["bob", "ERR_DISCONNECTED"],
      ["cem", [1, 2]],
      ["dora", undefined],
      ["eva", "ERR_TIMEOUT"],
    ]);
    expect(list[4]?.error).toBeInstanceOf(TimeoutError);
    expect(list.map(({ error }) => error?.message)).toEqual([
      undefined,
      'The client left before it answered "ask".',
      undefined,
      undefined,
      'The client did not answer "ask" within 500 ms.',
    ]);
    expect(await answers).toEqual(list);
  });

  it("give none without clients", async () => {
    const answers = new Answers("ask", 500, (listener) => {
      listener.onEnd([]);
      return () => {};
    });
    expect(await answers).toEqual([]);
    for await (const answer of answers) throw new Error(`no client could answer, but ${answer.sid} did`);
  });

  it("come one after the other when they are iterated", async () => {
    const { answers, clients } = inquiry();
    const came: unknown[] = [];
    const loop = (async () => {
      for await (const answer of answers) {
        came.push(short(answer));
        if (answer.sid === "ada") clients.onAnswer("bob", [2]);
        if (answer.sid === "bob") queueMicrotask(() => clients.onFailure("cem", "timeout"));
        if (answer.sid === "cem") clients.onEnd([]);
      }
    })();
    clients.onAnswer("ada", [1]);
    await loop;
    expect(came).toEqual([
      ["ada", 1],
      ["bob", 2],
      ["cem", "ERR_TIMEOUT"],
    ]);
    expect((await answers).map(short)).toEqual(came);
  });

  it("can be iterated twice, each time from the beginning", async () => {
    const { answers, clients } = inquiry();
    const gather = async () => {
      const sids: string[] = [];
      for await (const { sid } of answers) sids.push(sid);
      return sids;
    };
    const first = gather();
    clients.onAnswer("ada", []);
    const second = gather();
    clients.onAnswer("bob", []);
    clients.onEnd([]);
    expect(await Promise.all([first, second, gather()])).toEqual([
      ["ada", "bob"],
      ["ada", "bob"],
      ["ada", "bob"],
    ]);
  });

  it.each<[string, (answers: Answers) => Promise<unknown>]>([
    [
      "break",
      async (answers) => {
        for await (const _answer of answers) break;
      },
    ],
    [
      "an error",
      async (answers) => {
        for await (const _answer of answers) throw new Error("enough");
      },
    ],
  ])(
    "stop the waiting when their loop is left by %s, and the list is what came until then",
    async (_how, leave) => {
      const { answers, stop, clients } = inquiry();
      clients.onAnswer("ada", [1]);
      await leave(answers).catch(() => {});
      expect(stop).toHaveBeenCalledOnce();
      expect((await answers).map(short)).toEqual([["ada", 1]]);
    },
  );

  it("say which processes were not heard of", async () => {
    const { answers, clients } = inquiry();
    expect(answers.missing).toEqual([]);
    clients.onEnd(["node 3"]);
    await answers;
    expect(answers.missing).toEqual(["node 3"]);
  });
});
