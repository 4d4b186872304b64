import { describe, expect, it, vi } from "vitest";
import { BareExchange } from "../../../../src/adapter/node/exchange/bare-exchange.ts";
import type { HttpResponse } from "../../../../src/engine/ports.ts";
import type { BareConnection } from "../../../../src/net/bare-connection.ts";
import type { RequestHead } from "../../../../src/net/request-head.ts";

/** An exchange on a connection that keeps its answers. */
function exchange({ headers = {} as Record<string, string>, body = "", isGone = false } = {}) {
  const requests = {
    address: "192.0.2.1",
    keepAliveFields: "Connection: keep-alive\r\n",
    answer: vi.fn(),
    cut: vi.fn(),
    holds: () => !isGone,
  };
  const head = { method: "POST", url: "/socket.io/?EIO=4", headers } as unknown as RequestHead;
  const connection = { hold: () => (isGone ? null : requests) } as unknown as BareConnection;
  return { requests, own: new BareExchange(connection, head, Buffer.from(body), true) };
}

/** What an answer is, without its date. */
function answered(response: HttpResponse, headers: Record<string, string> = {}) {
  const { own, requests } = exchange({ headers });
  own.respond(response);
  own.respond(response);
  expect(requests.answer).toHaveBeenCalledOnce();
  const [request, written, isLast] = requests.answer.mock.calls[0] as [
    unknown,
    string | Uint8Array[],
    boolean,
  ];
  expect(request).toBe(own);
  const text = typeof written === "string" ? written : Buffer.concat(written).toString("latin1");
  return { isText: typeof written === "string", isLast, text: text.replace(/Date: .* GMT\r\n/, "…\r\n") };
}

describe("BareExchange", () => {
  it("has the request", async () => {
    const { own } = exchange({ headers: { host: "a" }, body: "packets" });
    expect(own.request).toMatchObject({
      method: "POST",
      path: "/socket.io/",
      address: "192.0.2.1",
      secure: false,
      headers: { host: "a" },
    });
    expect(own.listensOnLoopback).toBe(true);
    expect(await own.readBody(7)).toEqual(Buffer.from("packets"));
    expect(await own.readBody(6)).toBeUndefined();
  });

  it("answers once, in one text where that is ASCII", () => {
    const headers = { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] };
    expect(answered({ status: 200, headers, body: "ok" })).toEqual({
      isText: true,
      isLast: false,
      text: "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n…\r\nConnection: keep-alive\r\n\r\nok",
    });
  });

  it("answers in UTF-8 and in bytes", () => {
    const text = answered({ status: 200, headers: { a: "\u00e9" }, body: "\u00e9" });
    expect(text.isText).toBe(false);
    expect(text.text).toBe(
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\na: \u00e9\r\n…\r\nConnection: keep-alive\r\n\r\n\u00c3\u00a9",
    );
    expect(answered({ status: 200, headers: {}, body: Buffer.from([0, 255]) }).text).toMatch(
      /\r\ncontent-length: 2\r\n.*\r\n\r\n\0\xff$/s,
    );
  });

  it("tells no length where there is no body", () => {
    expect(answered({ status: 204, headers: {} }).text).toBe(
      "HTTP/1.1 204 No Content\r\n…\r\nConnection: keep-alive\r\n\r\n",
    );
    expect(answered({ status: 200, headers: {} }).text).toContain("\r\ncontent-length: 0\r\n");
  });

  it("closes where it says so, or the client wants that", () => {
    const said = answered({ status: 503, headers: { connection: "close" } });
    expect(said.isLast).toBe(true);
    expect(said.text).toBe(
      "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n…\r\n\r\n",
    );
    const wanted = answered({ status: 200, headers: {} }, { connection: "Close" });
    expect(wanted.isLast).toBe(true);
    expect(wanted.text).toContain("\r\nConnection: close\r\n");
  });

  it.each([
    ["a value that would be two fields", { a: "b\r\nc: d" }],
    ["a value of characters beyond a byte", { a: "\u20ac" }],
    ["a name that is none", { "a b": "c" }],
  ])("throws for what Node refuses: %s", (_what, headers) => {
    const { own, requests } = exchange();
    expect(() => own.respond({ status: 200, headers: headers as Record<string, string> })).toThrow(TypeError);
    expect(requests.answer).not.toHaveBeenCalled();
    own.respond({ status: 500, headers: {} });
    expect(requests.answer).toHaveBeenCalledOnce();
  });

  it("tells how its answer ends, and is cut", () => {
    const { own, requests } = exchange();
    const ends: boolean[] = [];
    own.onEnd((isTaken) => void ends.push(isTaken));
    own.cut();
    expect(requests.cut).toHaveBeenCalledWith(own);
    expect(ends).toEqual([]);
    own.onGone(false);
    expect(ends).toEqual([false]);
  });

  it("is over at once where the connection is gone", () => {
    const { own, requests } = exchange({ isGone: true });
    const ends: boolean[] = [];
    own.onEnd((isTaken) => void ends.push(isTaken));
    own.respond({ status: 200, headers: {} });
    own.cut();
    expect(ends).toEqual([false]);
    expect(requests.answer).not.toHaveBeenCalled();
  });
});
