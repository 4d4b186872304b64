import { describe, expect, it, vi } from "vitest";
import type { BunWebSocket } from "../../../src/adapter/bun/bun-runtime.ts";
import { BunLink, bunWebSocketHandlers } from "../../../src/adapter/bun/bun-websocket.ts";

/** A WebSocket of Bun's, which notes its calls. */
class FakeWebSocket implements BunWebSocket {
  readonly data: unknown;
  readonly calls: unknown[] = [];
  buffered = 0;

  constructor(data: unknown) {
    this.data = data;
  }

  send(message: string | Uint8Array, compress?: boolean): number {
    this.calls.push(["send", message, compress]);
    return 1;
  }

  cork(callback: () => void): void {
    this.calls.push("cork");
    callback();
    this.calls.push("uncork");
  }

  getBufferedAmount(): number {
    return this.buffered;
  }

  close(code?: number, reason?: string): void {
    this.calls.push(["close", code, reason]);
  }

  terminate(): void {
    this.calls.push("terminate");
  }
}

const limits = { maxHttpBufferSize: 1000, perMessageDeflate: false };

function open() {
  const notes: unknown[] = [];
  const link = new BunLink(() => ({
    onText: (text) => notes.push(text),
    onBinary: (bytes) => notes.push(bytes),
    onClose: (cause) => notes.push({ cause }),
  }));
  const webSocket = new FakeWebSocket(link);
  const handlers = bunWebSocketHandlers(limits);
  handlers.open(webSocket);
  return { link, webSocket, handlers, notes };
}

describe("BunLink", () => {
  it("sends one message as it is, and several in one system call", () => {
    const { link, webSocket } = open();
    link.send([{ data: "a", compress: true }]);
    link.send([
      { data: "b", compress: true },
      { data: Buffer.from([1]), compress: false },
    ]);
    expect(webSocket.calls).toEqual([
      ["send", "a", true],
      "cork",
      ["send", "b", true],
      ["send", Buffer.from([1]), false],
      "uncork",
    ]);
  });

  it("tells the peer why it fails, unless the peer has not taken what it was sent", () => {
    const [hearing, deaf] = [open(), open()];
    hearing.link.fail(1008, "too many events");
    deaf.webSocket.buffered = 1;
    deaf.link.fail(1008, "too many events");
    expect([hearing.webSocket.calls, deaf.webSocket.calls]).toEqual([
      [["close", 1008, "too many events"]],
      ["terminate"],
    ]);
  });

  it("keeps what opening it threw, and cuts the WebSocket", () => {
    const error = new Error("of the layer above");
    const link = new BunLink(() => {
      throw error;
    });
    const webSocket = new FakeWebSocket(link);
    bunWebSocketHandlers(limits).open(webSocket);
    expect([link.failure, webSocket.calls]).toEqual([{ error }, ["terminate"]]);
  });

  it("does nothing before it is open and after its end", () => {
    const { link, webSocket, handlers, notes } = open();
    handlers.close(webSocket, 1000, "");
    handlers.close(webSocket, 1000, "");
    handlers.message(webSocket, "late");
    for (const each of [link, new BunLink(() => ({ onText() {}, onBinary() {}, onClose() {} }))]) {
      each.send([{ data: "a", compress: false }]);
      each.close();
      each.fail(1000, "");
      each.terminate();
      expect(each.bufferedBytes).toBe(0);
    }
    expect([webSocket.calls, notes]).toEqual([[], [{ cause: "closed" }]]);
  });

  it.each([
    [1000, "", "closed"],
    [1006, "", "closed"],
    [1006, "Connection ended", "closed"],
    [1006, "Received too big message", "too large"],
    [1006, "Received invalid WebSocket frame", "error"],
    [1009, "Received too big message", "closed"],
  ])("has closed with %i %j: %s", (code, reason, cause) => {
    const { handlers, webSocket, notes } = open();
    handlers.close(webSocket, code, reason);
    expect(notes).toEqual([{ cause }]);
  });

  it("hands on texts and bytes", () => {
    const { handlers, webSocket, notes } = open();
    handlers.message(webSocket, "4a");
    handlers.message(webSocket, Buffer.from([1]));
    expect(notes).toEqual(["4a", Buffer.from([1])]);
  });
});

describe("bunWebSocketHandlers", () => {
  it("hands the WebSockets of the application to its own handlers", () => {
    const others = { open: vi.fn(), message: vi.fn(), drain: vi.fn(), close: vi.fn() };
    const handlers = bunWebSocketHandlers(limits, others);
    const webSocket = new FakeWebSocket({ room: 1 });
    handlers.open(webSocket);
    handlers.message(webSocket, "a");
    handlers.drain(webSocket);
    handlers.close(webSocket, 1000, "bye");
    expect(others.open.mock.calls).toEqual([[webSocket]]);
    expect(others.message.mock.calls).toEqual([[webSocket, "a"]]);
    expect(others.drain.mock.calls).toEqual([[webSocket]]);
    expect(others.close.mock.calls).toEqual([[webSocket, 1000, "bye"]]);
  });

  it("needs no handlers of the application", () => {
    const handlers = bunWebSocketHandlers(limits);
    const webSocket = new FakeWebSocket(undefined);
    expect(() => {
      handlers.open(webSocket);
      handlers.message(webSocket, "a");
      handlers.drain(webSocket);
      handlers.close(webSocket, 1000, "");
    }).not.toThrow();
  });

  it("keeps the application's settings, and is at least as generous as Roomcast needs", () => {
    expect(bunWebSocketHandlers(limits, { maxPayloadLength: 10, idleTimeout: 60 })).toMatchObject({
      maxPayloadLength: 1000,
      idleTimeout: 60,
      perMessageDeflate: false,
    });
    expect(
      bunWebSocketHandlers(limits, { maxPayloadLength: 5000, perMessageDeflate: true, backpressureLimit: 1 }),
    ).toMatchObject({ maxPayloadLength: 5000, perMessageDeflate: true, backpressureLimit: 2 ** 31 - 1 });
    expect(bunWebSocketHandlers(limits)).toMatchObject({ idleTimeout: 0, sendPings: false });
  });
});
