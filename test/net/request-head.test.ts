import { describe, expect, it } from "vitest";
import { readRequestHead } from "../../src/net/request-head.ts";

const limits = { maxLength: 8192, maxFields: 64 };

const fields = [
  "Host: localhost:5000",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

function head(lines: readonly string[] = fields, start = "GET /socket.io/?EIO=4 HTTP/1.1"): string {
  return [start, ...lines, "", ""].join("\r\n");
}

function read(text: string, own: Partial<typeof limits> = {}) {
  return readRequestHead(Buffer.from(text, "latin1"), { ...limits, ...own });
}

const pollFields = ["Host: localhost:5000", "Connection: keep-alive", "Accept: */*"];
const postFields = [...pollFields, "Content-Length: 12", "Content-Type: text/plain;charset=UTF-8"];

/** A head of long polling. */
function post(lines: readonly string[] = postFields): string {
  return head(lines, "POST /socket.io/?EIO=4 HTTP/1.1");
}
function poll(lines: readonly string[] = pollFields): string {
  return head(lines);
}

describe("readRequestHead", () => {
  it("reads a request for a WebSocket, and tells where it ends", () => {
    const text = head([...fields, 'Cookie: a="b c"; d=%20']);
    expect(read(`${text}what follows`)).toEqual({
      method: "GET",
      url: "/socket.io/?EIO=4",
      headers: {
        host: "localhost:5000",
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        cookie: 'a="b c"; d=%20',
      },
      length: text.length,
      bodyLength: null,
      lengthAt: -1,
      lines: text.slice(text.indexOf("\r\n") + 2, -2),
    });
  });

  it("reads requests of long polling, and tells how long their bodies are", () => {
    expect(read(poll())).toMatchObject({ method: "GET", url: "/socket.io/?EIO=4", bodyLength: 0 });
    expect(read(poll(["Host: a", "Connection: close"]))?.bodyLength).toBe(0);
    expect(read(poll(["Host: a"]))).toMatchObject({ headers: { host: "a" }, bodyLength: 0 });
    expect(read(`${post()}42["a",1,2,3]`)).toMatchObject({
      method: "POST",
      length: post().length,
      bodyLength: 12,
      headers: { "content-length": "12", "content-type": "text/plain;charset=UTF-8" },
    });
    expect(read(post([...pollFields, "content-length:0"]))?.bodyLength).toBe(0);
  });

  it.each([
    [
      "Chromium",
      [
        "Host: 127.0.0.1:5000",
        "Connection: Upgrade",
        "Pragma: no-cache",
        "Cache-Control: no-cache",
        "User-Agent: Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
        "Upgrade: websocket",
        "Origin: http://127.0.0.1:5000",
        "Sec-WebSocket-Version: 13",
        "Accept-Encoding: gzip, deflate, br, zstd",
        "Accept-Language: en-US,en;q=0.9",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
      ],
    ],
    ["Firefox", [...fields.filter((line) => !line.startsWith("C")), "Connection: keep-alive, Upgrade"]],
    ["nginx in front", [...fields.filter((line) => !line.startsWith("C")), "Connection: upgrade"]],
    [
      "the fields of a proxy",
      [...fields, "X-Forwarded-For: 192.0.2.1, 10.0.0.1", "Forwarded: for=192.0.2.1"],
    ],
    ["a value right behind the colon", [...fields, "X-Request-Id:abc"]],
  ])("takes usual heads: %s", (_what, lines) => {
    expect(read(head(lines))?.url).toBe("/socket.io/?EIO=4");
  });

  const without = (name: string) => fields.filter((line) => !line.startsWith(`${name}:`));
  it.each([
    ["nothing", ""],
    ["a part of a head", head().slice(0, -2)],
    ["another protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n\r\n"],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    ["another method", head(fields, "PUT /socket.io/ HTTP/1.1")],
    ["another method for a WebSocket", head(fields, "POST /socket.io/ HTTP/1.1")],
    ["a method of other letters", head(pollFields, "GOT /socket.io/ HTTP/1.1")],
    ["a poll with a length", poll([...pollFields, "Content-Length: 0"])],
    ["a poll of an odd connection", poll(["Host: a", "Connection: close, keep-alive"])],
    ["a poll that offers another protocol", poll([...pollFields, "Upgrade: h2c"])],
    ["a poll without a host", poll(["Accept: */*"])],
    ["a post without a length", post(pollFields)],
    ["a post of two lengths", post([...postFields, "content-length: 12"])],
    ["a post of two lengths in one", post([...pollFields, "Content-Length: 12, 12"])],
    ["a post of a length with a sign", post([...pollFields, "Content-Length: +12"])],
    ["a post of a length in other digits", post([...pollFields, "Content-Length: 0x12"])],
    ["a post of a long length", post([...pollFields, "Content-Length: 1234567"])],
    ["a post in pieces", post([...postFields, "Transfer-Encoding: chunked"])],
    ["a post that asks first", post([...postFields, "Expect: 100-continue"])],
    ["another version", head(fields, "GET /socket.io/ HTTP/1.0")],
    ["a whole URL", head(fields, "GET http://a.example/ HTTP/1.1")],
    ["two spaces", head(fields, "GET  / HTTP/1.1")],
    ["a fragment", head(fields, "GET /#a HTTP/1.1")],
    ["lines that end otherwise", head().replaceAll("\r\n", "\n")],
    ["a line that ends otherwise", head().replace("5000\r\n", "5000\n")],
    ["no host", head(without("Host"))],
    ["no upgrade", head(without("Upgrade"))],
    ["another upgrade", head([...without("Upgrade"), "Upgrade: h2c"])],
    ["several upgrades", head([...without("Upgrade"), "Upgrade: websocket, h2c"])],
    ["no connection", head(without("Connection"))],
    ["a connection that closes", head([...without("Connection"), "Connection: close, Upgrade"])],
    ["a field twice", head([...fields, "Cookie: a", "cookie: b"])],
    ["a length", head([...fields, "Content-Length: 0"])],
    ["a coding", head([...fields, "Transfer-Encoding: chunked"])],
    ["an expectation", head([...fields, "Expect: 100-continue"])],
    ["a folded line", head([...fields, "A: b", " c"])],
    ["a space in a name", head([...fields, "A : b"])],
    ["no name", head([...fields, ": b"])],
    ["no colon", head([...fields, "A"])],
    ["no value", head([...fields, "A: "])],
    ["a tab", head([...fields, "A:\tb"])],
    ["spaces at an end", head([...fields, "A: b "])],
    ["a control character", head([...fields, "A: \u0001"])],
    ["a character beyond ASCII", head([...fields, "A: \u00e9"])],
    ["a name of every object", head([...fields, "constructor: a"])],
    ["the prototype", head([...fields, "__proto__: a"])],
  ])("leaves to Node: %s", (_what, text) => {
    expect(read(text)).toBeNull();
  });

  describe("after another head of the same client", () => {
    const after = (before: string, text: string) =>
      readRequestHead(Buffer.from(text, "latin1"), limits, read(before));

    it("knows the same fields again, and reads them no more", () => {
      const first = read(poll());
      const second = readRequestHead(Buffer.from(poll().replace("EIO=4", "EIO=4&t=1")), limits, first);
      expect(second?.url).toBe("/socket.io/?EIO=4&t=1");
      expect(second?.headers).toBe(first?.headers);
    });

    it.each([
      ["another length", post().replace("12", "345")],
      ["a shorter length", post().replace("12", "3")],
      ["a length that is none", post().replace("12", "1x")],
      ["no length", post().replace("12", "")],
      ["another field before it", post().replace("*/*", "x/*")],
      ["another field behind it", post().replace("UTF-8", "utf-8")],
      ["a field less", post(postFields.slice(0, 4))],
      ["a field more", post([...postFields, "Cookie: a"])],
      ["another place of the length", post([...pollFields, "Content-Type: a", "Content-Length: 12"])],
      ["another method", poll()],
      ["a poll with the fields of a post", poll(postFields)],
      ["a request for a WebSocket", head()],
    ])("reads as ever: %s", (_what, text) => {
      expect(after(post(), text)).toEqual(read(text));
    });
  });

  it("leaves to Node a head beyond a limit of the server", () => {
    const text = head();
    expect(read(text, { maxLength: text.length + 1 })).not.toBeNull();
    expect(read(text, { maxLength: text.length })).toBeNull();
    expect(read(text, { maxFields: fields.length })).not.toBeNull();
    expect(read(text, { maxFields: fields.length - 1 })).toBeNull();
  });
});
