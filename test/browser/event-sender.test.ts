import { args, type ClientError } from "roomcast/client";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakePage, settled } from "../support/fake-websocket.ts";

let page: FakePage;
beforeEach(() => {
  page = new FakePage();
});

/** What became of a promise, by the time it is asked. */
function outcome(promise: Promise<unknown>): { value?: unknown; error?: ClientError } {
  const found: { value?: unknown; error?: ClientError } = {};
  promise.then(
    (value) => Object.assign(found, { value }),
    (error) => Object.assign(found, { error }),
  );
  return found;
}

describe("emit", () => {
  it("sends an event with its value, or with several", async () => {
    const socket = await page.connected();
    expect(socket.emit("ping")).toBe(true);
    expect(socket.emit("say", { text: "a" })).toBe(true);
    socket.emit("move", args(1, null));
    expect(page.last.take()).toEqual(['42["ping"]', '42["say",{"text":"a"}]', '42["move",1,null]']);
  });

  it("sends binary behind its event", async () => {
    const socket = await page.connected();
    socket.emit("file", new Uint8Array([1]));
    expect(page.last.take()).toEqual(['451-["file",{"_placeholder":true,"num":0}]', new Uint8Array([1])]);
  });

  it.each(["connect", "disconnect", "connect_error", "*", "", 5 as unknown as string])(
    "refuses the name %j",
    async (name) => {
      const socket = await page.connected();
      expect(() => socket.emit(name)).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
    },
  );

  it.each([
    ["a second value", 2],
    ["a callback", () => {}],
    ["an object that holds no options", { text: "b" }],
  ])("refuses %s, and says what to write", async (_what, options) => {
    const socket = await page.connected();
    expect(() => socket.emit("move", 1, options as never)).toThrow(/args\(\).*call\(\)/);
    expect(page.last.take()).toEqual([]);
  });

  it("refuses an event that is larger than the server takes, in bytes", async () => {
    const socket = page.connect();
    page.last.open({ maxPayload: 20 });
    await settled();
    page.last.receive('40{"sid":"a"}');
    page.last.take();
    socket.emit("a", "0123456789"); // 2["a","0123456789"] has 18 bytes
    for (const value of ["0123456789abc", "ééééééé", new Uint8Array(21), new Blob(["0123456789abcdefghijk"])])
      expect(() => socket.emit("a", value)).toThrow(expect.objectContaining({ code: "ERR_PAYLOAD" }));
    expect(page.last.take()).toHaveLength(1);
  });

  it("throws for a value without JSON", async () => {
    const socket = await page.connected();
    expect(() => socket.emit("say", 1n)).toThrow(TypeError);
  });
});

describe("without a connection", () => {
  it("events wait, and go out in their order after what `connect` listeners send", async () => {
    const socket = page.connect();
    socket.on("connect", () => void socket.emit("join", "room"));
    socket.emit("say", 1);
    socket.emit("say", 2);
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(page.last.take()).toEqual(["40", '42["join","room"]', '42["say",1]', '42["say",2]']);
  });

  it("values are those of the moment in which they were emitted", async () => {
    const socket = page.connect();
    const value = { count: 1 };
    socket.emit("say", value);
    value.count = 2;
    await acceptAndExpect(['42["say",{"count":1}]']);
  });

  it("volatile events are dropped", async () => {
    const socket = page.connect();
    expect(socket.emit("cursor", 1, { volatile: true })).toBe(false);
    const call = outcome(socket.call("cursor", 1, { volatile: true }));
    await settled();
    expect(call.error?.code).toBe("ERR_DROPPED");
    await acceptAndExpect([]);
  });

  it("the queue has a bound, and drops the oldest events", async () => {
    const dropped: unknown[] = [];
    const onDrop = (event: string, values: readonly unknown[], error: ClientError) =>
      dropped.push([event, ...values, error.code]);
    const socket = page.connect({ queue: { max: 2, onDrop } });
    expect(socket.emit("say", 1)).toBe(true);
    const call = outcome(socket.call("say", 2));
    socket.emit("say", 3);
    socket.emit("say", 4);
    await settled();
    expect(dropped).toEqual([
      ["say", 1, "ERR_DROPPED"],
      ["say", 2, "ERR_DROPPED"],
    ]);
    expect(call.error?.code).toBe("ERR_DROPPED");
    await acceptAndExpect(['42["say",3]', '42["say",4]']);
  });

  it("the queue may drop the newest events", async () => {
    const socket = page.connect({ queue: { max: 2, drop: "newest" } });
    expect([1, 2, 3].map((value) => socket.emit("say", value))).toEqual([true, true, false]);
    await acceptAndExpect(['42["say",1]', '42["say",2]']);
  });

  it("events wait no longer than their time", async () => {
    const onDrop = vi.fn();
    const socket = page.connect({ queue: { ttl: 1_000, onDrop } });
    socket.emit("say", "old");
    await vi.advanceTimersByTimeAsync(1_001);
    socket.emit("say", "new");
    await acceptAndExpect(['42["say","new"]']);
    expect(onDrop).toHaveBeenCalledTimes(1);
  });

  it("an event that turns out too large is dropped, and the others are sent", async () => {
    const onDrop = vi.fn();
    const socket = page.connect({ queue: { onDrop } });
    socket.emit("say", "x".repeat(100));
    socket.emit("say", "y");
    page.last.open({ maxPayload: 50 });
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(page.last.take()).toEqual(["40", '42["say","y"]']);
    expect(onDrop.mock.calls[0]?.[2]).toMatchObject({ code: "ERR_PAYLOAD" });
  });

  it("nothing is sent before the namespace accepts", async () => {
    const socket = page.connect();
    page.last.open();
    await settled();
    socket.emit("say");
    expect(page.last.take()).toEqual(["40"]);
  });

  async function acceptAndExpect(sent: unknown[]): Promise<void> {
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(page.last.take()).toEqual(["40", ...sent]);
  }
});

describe("call", () => {
  it("resolves to no, one or several values", async () => {
    const socket = await page.connected();
    const calls = [outcome(socket.call("a")), outcome(socket.call("b", 1)), outcome(socket.call("c"))];
    expect(page.last.take()).toEqual(['420["a"]', '421["b",1]', '422["c"]']);
    page.last.receive("432[1,2]");
    page.last.receive('431["one"]');
    page.last.receive("430[]");
    await settled();
    expect(calls).toEqual([{ value: undefined }, { value: "one" }, { value: [1, 2] }]);
    expect(vi.getTimerCount()).toBe(1); // the heartbeat
  });

  it("rejects with an error that the server answers", async () => {
    const socket = await page.connected();
    const call = outcome(socket.call("say"));
    page.last.receive('430[{"error":{"code":"muted","message":"You are muted.","data":{"until":5}}}]');
    await settled();
    expect(call.error).toMatchObject({ code: "muted", message: "You are muted.", data: { until: 5 } });
  });

  it("takes answers that only look like errors for values", async () => {
    const socket = await page.connected();
    const calls = [outcome(socket.call("a")), outcome(socket.call("b")), outcome(socket.call("c"))];
    page.last.receive('430[{"error":"text"}]');
    page.last.receive('431[{"error":{"code":1}}]');
    page.last.receive("432[null]");
    await settled();
    expect(calls).toEqual([{ value: { error: "text" } }, { value: { error: { code: 1 } } }, { value: null }]);
  });

  it("rejects when no answer comes in time, and ignores a late one", async () => {
    const socket = await page.connected();
    const calls = [outcome(socket.call("a")), outcome(socket.call("b", 1, { timeout: 500 }))];
    page.last.receive("2");
    await vi.advanceTimersByTimeAsync(500);
    expect(calls.map(({ error }) => error?.code)).toEqual([undefined, "ERR_TIMEOUT"]);
    page.last.receive("431[1]");
    for (let index = 0; index < 6; index++) {
      await vi.advanceTimersByTimeAsync(10_000);
      page.last.receive("2");
    }
    expect(calls.map(({ error }) => error?.code)).toEqual(["ERR_TIMEOUT", "ERR_TIMEOUT"]);
  });

  it("counts the time in which it waits for a connection", async () => {
    const socket = page.connect({ timeout: 300 });
    const call = outcome(socket.call("a"));
    await vi.advanceTimersByTimeAsync(300);
    expect(call.error?.code).toBe("ERR_TIMEOUT");
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(page.last.take()).toEqual(["40"]);
  });

  it("rejects when its signal is aborted, and is not sent after that", async () => {
    const socket = page.connect();
    const stop = new AbortController();
    const calls = [
      outcome(socket.call("a", undefined, { signal: stop.signal })),
      outcome(socket.call("b", undefined, { signal: AbortSignal.abort("before") })),
    ];
    stop.abort("enough");
    await settled();
    expect(calls).toEqual([{ error: "enough" }, { error: "before" }]);
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(page.last.take()).toEqual(["40"]);
  });

  it("rejects when the connection is lost, and is not sent again", async () => {
    const socket = await page.connected();
    const call = outcome(socket.call("say", 1));
    page.last.break();
    await settled();
    expect(call.error).toMatchObject({ code: "ERR_DISCONNECTED", message: "transport close" });
    await page.nextAttempt();
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"b"}');
    expect(page.last.take()).toEqual(["40"]);
  });

  it("rejects when the socket is closed", async () => {
    const socket = await page.connected();
    const calls = [outcome(socket.call("a"))];
    socket.disconnect();
    calls.push(outcome(socket.call("b")));
    expect(socket.emit("c")).toBe(false);
    await settled();
    expect(calls.map(({ error }) => error?.code)).toEqual(["ERR_CLOSED", "ERR_CLOSED"]);
  });

  it("rejects for wrong arguments", async () => {
    const socket = await page.connected();
    await expect(socket.call("connect")).rejects.toMatchObject({ code: "ERR_OPTION" });
  });
});

describe("retries", () => {
  const sentTo = () =>
    page.last.take().map((frame) => String(frame).replace(/"clientOffset":"\w+\./, '"clientOffset":"'));

  it("send an event again after a loss, with the same id and before newer ones", async () => {
    const socket = await page.connected({ retries: 2 });
    const call = outcome(socket.call("pay", 5));
    socket.emit("note", 6);
    expect(sentTo()).toEqual(['420["pay",5,{"clientOffset":"0"}]', '421["note",6,{"clientOffset":"1"}]']);
    page.last.break();
    socket.emit("late", 7);
    await page.nextAttempt();
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(sentTo()).toEqual([
      "40",
      '420["pay",5,{"clientOffset":"0"}]',
      '421["note",6,{"clientOffset":"1"}]',
      '422["late",7,{"clientOffset":"2"}]',
    ]);
    page.last.receive('430["paid"]');
    page.last.receive("431[]");
    page.last.receive("432[]");
    await settled();
    expect(call.value).toBe("paid");
    page.last.break();
    await page.nextAttempt();
    await page.accept();
    expect(sentTo()).toEqual([]);
  });

  it("send it again when no answer comes in time, and take the answer to any of them", async () => {
    const socket = await page.connected();
    const call = outcome(socket.call("pay", 5, { retries: 1, timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sentTo()).toHaveLength(2);
    page.last.receive('430["paid"]');
    await settled();
    expect(call.value).toBe("paid");
  });

  it("end with the last timeout", async () => {
    const socket = await page.connected();
    const call = outcome(socket.call("pay", 5, { retries: 2, timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(2_999);
    expect(sentTo()).toHaveLength(3);
    expect(call).toEqual({});
    await vi.advanceTimersByTimeAsync(1);
    expect(call.error?.code).toBe("ERR_TIMEOUT");
  });

  it("keep an event without a caller for as long as the queue does", async () => {
    const socket = page.connect({ retries: 1, timeout: 1_000 });
    socket.emit("note");
    await vi.advanceTimersByTimeAsync(15_000);
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(sentTo()).toEqual(["40", '420["note",{"clientOffset":"0"}]']);
  });

  it("keep a call for as long as the queue does, and count what comes after", async () => {
    const socket = page.connect();
    const call = outcome(socket.call("pay", 5, { retries: 1, timeout: 1_000 }));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(call).toEqual({});
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"a"}');
    expect(sentTo()).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(sentTo()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(call.error?.code).toBe("ERR_TIMEOUT");
  });

  it("leave volatile events alone", async () => {
    const socket = await page.connected({ retries: 1 });
    socket.emit("cursor", 1, { volatile: true });
    expect(page.last.take()).toEqual(['42["cursor",1]']);
  });
});

it("volatile events are dropped while much waits to be sent", async () => {
  const socket = await page.connected();
  page.last.bufferedAmount = 100_000;
  expect(socket.emit("cursor", 1, { volatile: true })).toBe(false);
  expect(socket.emit("say", 1)).toBe(true);
  expect(page.last.take()).toEqual(['42["say",1]']);
});
