import { describe, expect, it } from "vitest";
import { BunAdapter } from "../../../src/adapter/bun/bun-adapter.ts";
import type { BunServer } from "../../../src/adapter/bun/bun-runtime.ts";
import { BunLink } from "../../../src/adapter/bun/bun-websocket.ts";
import type { HttpExchange } from "../../../src/engine/ports.ts";
import { FakeSink } from "../fake-sink.ts";

/** A server of Bun's, which notes its calls. */
class FakeServer implements BunServer {
  address: { readonly address: string } | null = { address: "127.0.0.1" };
  readonly calls: unknown[] = [];
  /** Completes the handshakes, or fails to. */
  onUpgrade: (data: unknown) => boolean = () => true;

  upgrade(_request: Request, { headers, data }: { headers?: Headers; data: unknown }): boolean {
    this.calls.push(["upgrade", headers && Object.fromEntries(headers)]);
    return this.onUpgrade(data);
  }

  requestIP(): { address: string } {
    return { address: "192.0.2.1" };
  }

  timeout(_request: Request, seconds: number): void {
    this.calls.push(["timeout", seconds]);
  }

  async stop(): Promise<void> {}
}

function start() {
  const server = new FakeServer();
  const sink = new FakeSink();
  const adapter = new BunAdapter(sink, { maxHttpBufferSize: 1000, perMessageDeflate: false });
  const { fetch } = adapter.handlers({ fetch: () => new Response("page") });
  const ask = (path = "/socket.io/?EIO=4", init: RequestInit = {}) =>
    fetch(new Request(`http://chat.example${path}`, init), server);
  return { adapter, server, sink, ask };
}

const ok = (body: string | Uint8Array) => ({ status: 200, headers: {}, body });

describe("BunAdapter", () => {
  it("answers the paths of its sink, and leaves other paths to the application", async () => {
    const { sink, ask } = start();
    sink.onRequest = (exchange) => exchange.respond(ok(exchange.request.url));
    expect(await (await ask("/socket.io/?EIO=4"))?.text()).toBe("/socket.io/?EIO=4");
    expect(await (await ask("/?next=/socket.io/"))?.text()).toBe("page");
  });

  it("leaves everything to the application once it is detached", async () => {
    const { adapter, ask } = start();
    adapter.detach();
    expect(await (await ask())?.text()).toBe("page");
  });

  it("tells where a request came from, and whether strangers reach the server", async () => {
    const { sink, server, ask } = start();
    const seen: HttpExchange[] = [];
    sink.onRequest = (exchange) => {
      seen.push(exchange);
      exchange.respond(ok(""));
    };
    await ask("/socket.io/", { headers: { "X-Name": "value" } });
    expect(seen[0]?.request).toMatchObject({ method: "GET", address: "192.0.2.1", secure: false });
    expect(seen[0]?.request.headers["x-name"]).toBe("value");
    expect(seen[0]?.listensOnLoopback).toBe(true);
    server.address = { address: "0.0.0.0" };
    expect(seen[0]?.listensOnLoopback).toBe(false);
  });
});

describe("BunAdapter, answering", () => {
  it("gives an answer at once that is there at once, and lets a poll wait as long as it likes", async () => {
    const { sink, server, ask } = start();
    sink.onRequest = (exchange) => exchange.respond(ok("now"));
    expect(ask()).toBeInstanceOf(Response);
    expect(server.calls).toEqual([]);
    let waiting: HttpExchange | undefined;
    sink.onRequest = (exchange) => {
      waiting = exchange;
    };
    const answer = ask();
    expect(server.calls).toEqual([["timeout", 0]]);
    waiting?.respond(ok("later"));
    waiting?.respond(ok("too late"));
    expect(await (await answer)?.text()).toBe("later");
  });

  it("gives no body where HTTP allows none", async () => {
    const { sink, ask } = start();
    sink.onRequest = (exchange) => exchange.respond({ status: 204, headers: { vary: "Origin" } });
    const response = await ask("/socket.io/", { method: "OPTIONS" });
    expect([response?.status, response?.body, response?.headers.get("vary")]).toEqual([204, null, "Origin"]);
  });

  it("says of a short answer at once that it is taken, and of a long one when its last piece is", async () => {
    const { sink, ask } = start();
    const ends: boolean[] = [];
    const respondWith = (body: string) => {
      sink.onRequest = (exchange) => {
        exchange.onEnd((isTaken) => ends.push(isTaken));
        exchange.respond(ok(body));
      };
      return ask();
    };
    await respondWith("short");
    expect(ends).toEqual([true]);
    const long = "é".repeat(200_000);
    const response = await respondWith(long);
    expect(ends).toEqual([true]);
    expect(await response?.text()).toBe(long);
    expect(ends).toEqual([true, true]);
  });

  it("says of a long answer that it is not taken, when its client takes no more", async () => {
    const { sink, ask } = start();
    const ends: boolean[] = [];
    sink.onRequest = (exchange) => {
      exchange.onEnd((isTaken) => ends.push(isTaken));
      exchange.respond(ok("x".repeat(200_000)));
    };
    const response = await ask();
    await response?.body?.cancel();
    expect(ends).toEqual([false]);
  });

  it("breaks a long answer off whose client is cut off", async () => {
    const { sink, ask } = start();
    let exchange: HttpExchange | undefined;
    sink.onRequest = (given) => {
      exchange = given;
      given.respond(ok("x".repeat(200_000)));
    };
    const response = await ask();
    exchange?.cut();
    await expect(response?.text()).rejects.toThrow("the client took no more of its answer");
  });

  it("tells that the client went away, also when that was before anything asked", async () => {
    const { sink, ask } = start();
    const ends: boolean[] = [];
    let exchange: HttpExchange | undefined;
    sink.onRequest = (given) => {
      exchange = given;
      given.onEnd((isTaken) => ends.push(isTaken));
    };
    const leaving = new AbortController();
    void ask("/socket.io/", { signal: leaving.signal });
    leaving.abort();
    expect(ends).toEqual([false]);
    exchange?.onEnd((isTaken) => ends.push(isTaken));
    expect(ends).toEqual([false, false]);
  });
});

describe("BunAdapter, reading bodies", () => {
  const read = async (limit: number, init: RequestInit) => {
    const { sink, ask } = start();
    let body: Promise<Uint8Array | undefined> | undefined;
    sink.onRequest = (exchange) => {
      body = exchange.readBody(limit);
    };
    void ask("/socket.io/", { method: "POST", ...init });
    const bytes = await body;
    return bytes === undefined ? undefined : Buffer.from(bytes).toString();
  };
  const streamed = (...pieces: string[]) =>
    ({
      body: new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(Buffer.from(piece));
          controller.close();
        },
      }),
      duplex: "half",
    }) as RequestInit;

  it.each([
    ["of a length that is announced", { body: "abc", headers: { "content-length": "3" } }],
    ["of a length that is not announced", streamed("a", "bc")],
  ])("reads a body %s up to the limit", async (_what, init) => {
    expect(await read(3, init)).toBe("abc");
  });

  it("reads none that announces more than the limit, and stops where one goes beyond it", async () => {
    expect(await read(2, { body: "abc", headers: { "content-length": "3" } })).toBeUndefined();
    expect(await read(2, streamed("a", "bc"))).toBeUndefined();
  });

  it("reads a request without a body as no bytes", async () => {
    expect(await read(10, {})).toBe("");
  });
});

describe("BunAdapter, upgrading", () => {
  const webSocket = {
    headers: {
      upgrade: "WebSocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  };
  const listener = { onText() {}, onBinary() {}, onClose() {} };

  it("hands Bun no fields for an answer that has none of its own", async () => {
    const { sink, server, ask } = start();
    sink.onUpgrade = (exchange) => exchange.accept({}, () => listener);
    expect(await ask("/socket.io/", webSocket)).toBeUndefined();
    expect(server.calls).toEqual([["upgrade", undefined]]);
  });

  it("answers nothing by itself once the request has become a WebSocket", async () => {
    const { sink, server, ask } = start();
    sink.onUpgrade = (exchange) => exchange.accept({ "set-cookie": "io=a" }, () => listener);
    expect(await ask("/socket.io/", webSocket)).toBeUndefined();
    expect(server.calls).toEqual([["upgrade", { "set-cookie": "io=a" }]]);
  });

  it("refuses a handshake that is not as RFC 6455 has it", async () => {
    const { sink, server, ask } = start();
    sink.onUpgrade = (exchange) => exchange.accept({}, () => listener);
    const headers = { ...webSocket.headers, "sec-websocket-version": "12" };
    const response = await ask("/socket.io/", { headers });
    expect([response?.status, response?.headers.get("sec-websocket-version")]).toEqual([426, "13"]);
    expect(server.calls).toEqual([]);
  });

  it("ends the connection after a refusal", async () => {
    const { sink, ask } = start();
    sink.onUpgrade = (exchange) => exchange.refuse({ status: 403, headers: {}, body: "no" });
    const response = await ask("/socket.io/", webSocket);
    expect([response?.status, response?.headers.get("connection")]).toEqual([403, "close"]);
  });

  it("hands on what the layer above throws when the WebSocket opens", async () => {
    const { sink, server, ask } = start();
    const fault = new Error("of the layer above");
    server.onUpgrade = (data) => {
      if (data instanceof BunLink) data.failure = { error: fault };
      return true;
    };
    let caught: unknown;
    sink.onUpgrade = (exchange) => {
      try {
        exchange.accept({}, () => listener);
      } catch (error) {
        caught = error;
      }
    };
    await ask("/socket.io/", webSocket);
    expect(caught).toBe(fault);
  });
});
