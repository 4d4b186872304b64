import { AsyncLocalStorage } from "node:async_hooks";
import { type TracingChannelSubscribers, tracingChannel } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { type OperationOutcome, TracedOperations } from "../../../src/base/tracing/traced-operations.ts";
import { deferred } from "../../support/waiting.ts";

interface Greeting extends OperationOutcome {
  readonly name: string;
}

const reported: unknown[] = [];
const makeOperations = () => new TracedOperations<Greeting>("test.greeting", (error) => reported.push(error));

const channels = tracingChannel<unknown, Greeting>("test.greeting");

/** Notes what the channels tell, and the store that is current then. */
function subscribed(store?: AsyncLocalStorage<string>): string[] {
  const told: string[] = [];
  const note =
    (stage: string) =>
    ({ name, result, error }: Greeting) => {
      const details = [name, result, error, store?.getStore()].filter((part) => part !== undefined);
      told.push(`${stage}: ${details.join(", ")}`);
    };
  const subscribers = Object.fromEntries(
    ["start", "end", "asyncStart", "asyncEnd", "error"].map((stage) => [stage, note(stage)]),
  ) as unknown as TracingChannelSubscribers<Greeting>;
  channels.subscribe(subscribers);
  onTestFinished(() => channels.unsubscribe(subscribers));
  return told;
}

describe("a traced operation", () => {
  it("tells start and end of work that is done at once", () => {
    const told = subscribed();
    const operation = makeOperations().begin({ name: "Ada" });
    const value = operation.run(() => {
      told.push("work");
      operation.settle("hello");
      return 7;
    });
    expect([value, told]).toEqual([7, ["start: Ada", "work", "end: Ada, hello"]]);
  });

  it("tells the error of such work before its end, and only the first", () => {
    const told = subscribed();
    const operation = makeOperations().begin({ name: "Ada" });
    operation.run(() => {
      operation.fail("broken");
      operation.fail("more");
      operation.settle("unused");
    });
    expect(told).toEqual(["start: Ada", "error: Ada, broken", "end: Ada, broken"]);
  });

  it("tells of work that goes on as Node's tracePromise() does", async () => {
    const told = subscribed();
    const own = async (fail: boolean) => {
      const operation = makeOperations().begin({ name: "Ada" });
      await operation.run(async () => {
        await null;
        if (fail) operation.fail("broken");
        operation.settle("hello");
      });
      return told.splice(0);
    };
    const nodes = async (fail: boolean) => {
      const work = async () => {
        await null;
        return fail ? Promise.reject("broken") : "hello";
      };
      await channels.tracePromise(work, { name: "Ada" }).catch(() => {});
      return told.splice(0);
    };
    expect(await own(false)).toEqual(await nodes(false));
    expect(await own(true)).toEqual(await nodes(true));
  });

  it("runs its work, also after an await, in the store that is bound to its start", async () => {
    const store = new AsyncLocalStorage<string>();
    channels.start.bindStore(store, ({ name }) => `span of ${name}`);
    onTestFinished(() => void channels.start.unbindStore(store));
    const operations = makeOperations();
    expect(operations.isActive).toBe(true);
    const seen: unknown[] = [];
    await operations.begin({ name: "Ada" }).run(async () => {
      seen.push(store.getStore());
      await null;
      seen.push(store.getStore());
    });
    expect([seen, store.getStore()]).toEqual([["span of Ada", "span of Ada"], undefined]);
  });

  it("ends when its work throws, too", () => {
    const told = subscribed();
    const operation = makeOperations().begin({ name: "Ada" });
    expect(() =>
      operation.run(() => {
        throw new Error("unexpected");
      }),
    ).toThrow("unexpected");
    expect(told).toEqual(["start: Ada", "end: Ada"]);
  });
});

describe("traced operations", () => {
  it.each(["start", "end", "asyncStart", "asyncEnd", "error"] as const)(
    "are active while something subscribes to %s",
    (stage) => {
      const operations = makeOperations();
      expect(operations.isActive).toBe(false);
      const listener = () => {};
      channels[stage].subscribe(listener);
      expect(operations.isActive).toBe(true);
      channels[stage].unsubscribe(listener);
      expect(operations.isActive).toBe(false);
    },
  );

  it("surround their work with observers, and tell them its end and its duration", async () => {
    const operations = makeOperations();
    const told: unknown[] = [];
    const { promise, resolve } = deferred<void>();
    const stop = operations.observe({
      run(context, work) {
        told.push(`before ${context.name}`);
        const result = work();
        told.push(`after ${context.name}`);
        return result;
      },
    });
    operations.observe({ end: (context, duration) => told.push(context.result, duration >= 0) });
    const operation = operations.begin({ name: "Ada" });
    operation.run(() => told.push("work"));
    expect(told).toEqual(["before Ada", "work", "after Ada"]);
    setImmediate(resolve);
    await promise;
    operation.settle("hello");
    operation.settle("again");
    expect(told.slice(3)).toEqual(["hello", true]);
    stop();
    stop();
    expect(operations.isActive).toBe(true);
  });

  it("go on where an observer throws, which is reported", () => {
    const operations = makeOperations();
    operations.observe({
      run() {
        throw new Error("before the work");
      },
      end() {
        throw new Error("at the end");
      },
    });
    const operation = operations.begin({ name: "Ada" });
    const result = operation.run(() => {
      operation.settle();
      return 7;
    });
    expect([result, reported.splice(0).map(String)]).toEqual([
      7,
      ["Error: before the work", "Error: at the end"],
    ]);
  });

  it("pass on what their work throws within an observer", () => {
    const operations = makeOperations();
    operations.observe({ run: (_context, work) => work() });
    const fail = () => {
      throw new Error("of the work");
    };
    expect(() => operations.begin({ name: "Ada" }).run(fail)).toThrow("of the work");
    expect(reported).toEqual([]);
  });
});
