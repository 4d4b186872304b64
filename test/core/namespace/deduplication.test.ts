import { describe, expect, it, vi } from "vitest";
import { Trace, type TraceEvent } from "../../../src/base/trace.ts";
import { Deduplication, type DeduplicationSettings } from "../../../src/core/namespace/deduplication.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { acceptedSocket } from "../lone-socket.ts";
import { FakeHandlers } from "../site.ts";

const bounds = { maxIds: 10, maxAge: 1000, maxBytes: 1000, id: null };

function setUp(settings: Partial<DeduplicationSettings> = {}) {
  const handlers = new FakeHandlers();
  const owner = { clock: new FakeClock(), trace: new Trace(), report: vi.fn() };
  const deduplication = new Deduplication(handlers, { ...bounds, ...settings }, owner);
  const { socket } = acceptedSocket();
  const send = (event: string, ...values: unknown[]) => {
    const answer = vi.fn();
    deduplication.event(socket, event, values, answer);
    return answer;
  };
  const handled = () => handlers.events.map(({ event, values }) => [event, ...values]);
  return { handlers, owner, deduplication, socket, send, handled };
}

describe("Deduplication", () => {
  it("hands an event on once for each clientOffset, without that", () => {
    const { handlers, send, handled } = setUp();
    const first = send("say", "hello", { clientOffset: "tab-1" });
    const again = send("say", "hello", { clientOffset: "tab-1" });
    send("say", "hello", { clientOffset: "tab-2" });
    expect(handled()).toEqual([
      ["say", "hello"],
      ["say", "hello"],
    ]);
    handlers.events[0]?.answer?.(["done"]);
    expect([first.mock.calls, again.mock.calls]).toEqual([[[["done"]]], [[["done"]]]]);
    expect(send("say", "hello", { clientOffset: "tab-1" }).mock.calls).toEqual([[["done"]]]);
    expect(handlers.events).toHaveLength(2);
  });

  it.each([
    [[]],
    [["tab-1"]],
    [[{ clientOffset: "tab-1", more: 1 }]],
    [[{ clientOffset: 1 }]],
    [[{ clientOffset: "" }]],
    [[{ clientOffset: "x".repeat(201) }]],
    [[{ clientOffset: "tab-1" }, "not the last"]],
    [[["tab-1"]]],
    [[null]],
  ])("hands everything else on as it is: %j", (values) => {
    const { handlers, send, handled } = setUp();
    const answers = [send("say", ...values), send("say", ...values)];
    expect(handlers.events.map(({ answer }) => answer)).toEqual(answers);
    expect(handled()).toEqual([
      ["say", ...values],
      ["say", ...values],
    ]);
  });

  it("tells clients and events apart that use the same id", () => {
    const { handlers, deduplication, send } = setUp();
    send("say", { clientOffset: "1" });
    send("sing", { clientOffset: "1" });
    deduplication.event(acceptedSocket("bob").socket, "say", [{ clientOffset: "1" }], null);
    expect(handlers.events).toHaveLength(3);
  });

  it("takes the id from where the application says, and leaves it there", () => {
    const { handlers, send, handled } = setUp({
      id: (event, args) => (event === "chat message" ? args[1] : undefined),
    });
    for (let round = 0; round < 2; round += 1) send("chat message", "hello", "sid-0");
    for (let round = 0; round < 2; round += 1) send("typing", "hello", "sid-0");
    expect(handled()).toEqual([
      ["chat message", "hello", "sid-0"],
      ["typing", "hello", "sid-0"],
      ["typing", "hello", "sid-0"],
    ]);
    expect(handlers.events).toHaveLength(3);
  });

  it("reports what the application's function throws, and handles the event as a new one", () => {
    const error = new Error("id");
    const { owner, send, handled } = setUp({
      id: () => {
        throw error;
      },
    });
    send("say", 1);
    send("say", 1);
    expect(handled()).toHaveLength(2);
    expect(owner.report.mock.calls).toEqual([[error], [error]]);
  });

  it("reports the application's function when its promise rejects, and handles the event as a new one", async () => {
    const error = new Error("id");
    const { owner, send, handled } = setUp({ id: () => Promise.reject(error) });
    send("say", 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(handled()).toHaveLength(1);
    expect(owner.report.mock.calls).toEqual([[error]]);
  });

  it("tells of events that came again", () => {
    const { owner, send } = setUp();
    const told: TraceEvent[] = [];
    owner.trace.listen((event) => told.push(event));
    send("say", { clientOffset: "1" });
    expect(told).toEqual([]);
    send("say", { clientOffset: "1" });
    expect(told).toEqual([{ type: "event repeated", sid: "ada", namespace: "/", event: "say" }]);
  });

  it("remembers nothing of clients that use no ids", () => {
    const { socket, send } = setUp();
    send("say", 1);
    expect(socket.received).toBeNull();
  });
});
