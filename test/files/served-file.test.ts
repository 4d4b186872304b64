import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { contentType, ServedFile } from "../../src/files/served-file.ts";
import { fakeRequest } from "../support/fake-exchange.ts";

const body = Buffer.from("<p>Hello</p>");
const page = new ServedFile("index.html", body, "1", { "x-frame-options": "DENY" });
const ask = (headers: Record<string, string> = {}) => page.respond(fakeRequest("/page", { headers }));

describe("ServedFile", () => {
  it("answers with its content, type and further header fields", () => {
    expect(ask()).toMatchObject({
      status: 200,
      body,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        etag: '"1"',
      },
    });
  });

  it("is compressed where that is accepted", () => {
    const answer = ask({ "accept-encoding": "br, gzip" });
    expect(answer.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(gunzipSync(answer.body as Uint8Array)).toEqual(body);
    expect(ask({ "accept-encoding": "gzip;q=0" }).headers).not.toHaveProperty("content-encoding");
  });

  it("does not compress a picture again", () => {
    const picture = new ServedFile("icon.png", body, "1");
    const answer = picture.respond(fakeRequest("/icon.png", { headers: { "accept-encoding": "gzip" } }));
    expect(answer).toMatchObject({ body, headers: { "content-type": "image/png" } });
    expect(answer.headers).not.toHaveProperty("content-encoding");
  });

  it("is not sent to a browser that has it", () => {
    for (const tags of ['"1"', 'W/"1"', '"0", "1"']) {
      expect(ask({ "if-none-match": tags })).toMatchObject({ status: 304, headers: { etag: '"1"' } });
    }
    expect(ask({ "if-none-match": '"2"' }).status).toBe(200);
  });
});

it("takes a file without a known extension for bytes of no kind", () => {
  expect(contentType("app.js")).toBe("text/javascript; charset=utf-8");
  for (const name of ["LICENSE", "data.bin", "x.constructor"])
    expect(contentType(name)).toBe("application/octet-stream");
});
