import { expect, it } from "vitest";
import { answered, lazyChain, passed, passedStatus } from "../../../src/adapter/frameworks/request-chain.ts";
import { HttpRequest } from "../../../src/adapter/http-request.ts";

it("adds no field to an answer that speaks of another body, or that the server decides", () => {
  const fields = { "set-cookie": ["a=1"], "x-powered-by": "Express", "content-length": "0", etag: "1" };
  const server = { vary: "Origin", "access-control-allow-origin": "*", connection: "close" };
  const http = {};
  expect(passed({ ...fields, ...server }, http)).toEqual({
    type: "passed",
    headers: { "set-cookie": ["a=1"], "x-powered-by": "Express" },
    http,
  });
});

it("leaves the answer of an application as it is, but for its length and its connection", () => {
  const headers = { "content-type": "text/plain", "content-length": "2", connection: "keep-alive" };
  const body = Buffer.from("no");
  expect(answered({ status: 401, headers, body })).toEqual({
    type: "answered",
    response: { status: 401, headers: { "content-type": "text/plain" }, body },
  });
});

it("knows which status follows", () => {
  const request = (headers: Record<string, string>) => new HttpRequest("GET", "/", headers, "", false);
  expect(passedStatus(request({}))).toBe(200);
  expect(passedStatus(request({ upgrade: "websocket" }))).toBe(101);
});

it("is loaded for the first request, and once", async () => {
  let loads = 0;
  const chain = lazyChain(async () => {
    loads += 1;
    return async () => passed({}, loads);
  });
  expect(loads).toBe(0);
  const passing = { request: new HttpRequest("GET", "/", {}, "", false), raw: null, report() {} };
  await Promise.all([chain(passing), chain(passing)]);
  expect(loads).toBe(1);
});
