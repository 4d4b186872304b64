import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInNewContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "./support/http.ts";
import { MemoryLogger } from "./support/memory-logger.ts";

const installed = dirname(createRequire(import.meta.url).resolve("socket.io-client/package.json"));

async function start(options: SocketIOOptions = {}): Promise<string> {
  const socketio = new SocketIO({ logger: new MemoryLogger(), ...options });
  onTestFinished(() => socketio.stop());
  return (await socketio.run({ port: 0 })).url;
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

describe("the browser's client", () => {
  it.each([
    ["socket.io.js", "text/javascript; charset=utf-8"],
    ["socket.io.js.map", "application/json"],
    ["socket.io.min.js", "text/javascript; charset=utf-8"],
    ["socket.io.min.js.map", "application/json"],
    ["socket.io.esm.min.js", "text/javascript; charset=utf-8"],
    ["socket.io.esm.min.js.map", "application/json"],
    ["socket.io.msgpack.min.js", "text/javascript; charset=utf-8"],
  ])("is served as %s", async (name, type) => {
    const { status, headers, body } = await ask(`${await start()}/socket.io/${name}`);
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe(type);
    expect(digest(body)).toBe(digest(readFileSync(join(installed, "dist", name))));
  });

  it("is a script that defines io", async () => {
    const { text } = await ask(`${await start()}/socket.io/socket.io.js`);
    const page = { io: undefined };
    runInNewContext(text, Object.assign(page, { self: page, setTimeout, clearTimeout }));
    expect(page.io).toBeTypeOf("function");
  });

  it("is compressed only for browsers that accept compression", async () => {
    const url = `${await start()}/socket.io/socket.io.js`;
    const plain = await ask(url, { headers: { "accept-encoding": "gzip;q=0, br" } });
    expect(plain.headers).not.toHaveProperty("content-encoding");
    const zipped = await ask(url, { headers: { "accept-encoding": "br, gzip" } });
    expect(zipped.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(zipped.body.length).toBeLessThan(plain.body.length / 2);
    expect(gunzipSync(zipped.body)).toEqual(plain.body);
  });

  it("is not sent again to a browser that has it", async () => {
    const url = `${await start()}/socket.io/socket.io.min.js`;
    const { headers } = await ask(url);
    const { etag = "" } = headers;
    expect(etag).toMatch(/^"[\d.]+"$/);
    expect(headers["cache-control"]).toBe("public, max-age=0");
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await ask(url, { headers: { "if-none-match": known } });
      expect(again.status).toBe(304);
      expect(again.body).toHaveLength(0);
      expect(again.headers).toMatchObject({ etag, "cache-control": "public, max-age=0" });
      expect(again.headers).not.toHaveProperty("content-length");
    }
    expect((await ask(url, { headers: { "if-none-match": '"1.0.0"' } })).status).toBe(200);
  });

  it("is served below the path of the option", async () => {
    const url = await start({ path: "/live" });
    expect((await ask(`${url}/live/socket.io.js`)).status).toBe(200);
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).toBe(404);
  });

  it("is not served with serveClient: false", async () => {
    const url = await start({ serveClient: false });
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).toBe(404);
  });

  it.each([
    "socket.io.js.map.map",
    "socket.io.ts",
    "socket.io",
    "index.html",
    "package.json",
    "../package.json",
    "..%2fpackage.json",
    "..%5cpackage.json",
    "%2e%2e/package.json",
    "../../../../../../etc/passwd",
    "....//package.json",
    "/etc/passwd",
    "socket.io.js/../../package.json",
    "socket.io.js%00.map",
    "socket.io.js%0a",
    "./socket.io.js",
    "dist/socket.io.js",
    "__proto__",
    "constructor",
  ])("does not come with another file: %s", async (name) => {
    const url = await start();
    const { status, text } = await ask(url, { path: `/socket.io/${name}` });
    expect(status).toBe(404);
    expect(text).toBe("Not found");
  });

  it("is not changed by a query after its name, and not written to", async () => {
    const url = await start();
    expect((await ask(`${url}/socket.io/socket.io.js?v=4`)).status).toBe(200);
    expect((await ask(`${url}/socket.io/socket.io.js`, { method: "POST", body: "x" })).status).toBe(404);
  });
});
