import { once } from "node:events";
import { IncomingMessage, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import { Readable } from "node:stream";
import { expect, it, vi } from "vitest";
import { ResponseCapture } from "../../../src/adapter/node/response-capture.ts";

function capture(): ResponseCapture {
  return new ResponseCapture(new IncomingMessage(new Socket()));
}

it("has status, fields and body of an answer, however they were given", async () => {
  const one = capture();
  one.response.setHeader("x-early", "1");
  expect(one.hasBegun).toBe(false);
  one.response.writeHead(401, "No", { "Content-Type": "text/plain", "Set-Cookie": ["a=1", "b=2"] });
  expect(one.hasBegun).toBe(true);
  one.response.write("Log ");
  one.response.end(Buffer.from("in"));
  const { status, headers, body } = await one.answer;
  expect([status, String(body)]).toEqual([401, "Log in"]);
  expect(headers).toEqual({ "x-early": "1", "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] });

  const other = capture();
  other.response.writeHead(302, ["location", "/login"]);
  other.response.end("6162", "hex");
  expect(await other.answer).toEqual({
    status: 302,
    headers: { location: "/login" },
    body: Buffer.from("ab"),
  });
});

it("takes a stream, and calls callbacks", async () => {
  const { response, answer } = capture();
  const written = vi.fn();
  response.write("a", written);
  Readable.from(["b", "c"]).pipe(response);
  expect(String((await answer).body)).toBe("abc");
  expect(written).toHaveBeenCalledOnce();
});

it("tells of its end once, and takes nothing after it", async () => {
  const { response, answer } = capture();
  const finished = vi.fn();
  response.on("finish", finished);
  const closed = once(response, "close");
  response.end("first");
  response.end("second");
  await closed;
  expect(finished).toHaveBeenCalledOnce();
  expect(response.writableEnded).toBe(true);
  expect(String((await answer).body)).toBe("first");
});

it("does what middleware has left for the end, where it ends in the place of the application", async () => {
  const one = capture();
  const { response } = one;
  const { writeHead, end } = response;
  response.writeHead = ((...given: Parameters<ServerResponse["writeHead"]>) => {
    response.setHeader("set-cookie", "late=1");
    return Reflect.apply(writeHead, response, given);
  }) as ServerResponse["writeHead"];
  response.end = ((...given: unknown[]) => {
    setImmediate(() => Reflect.apply(end, response, given));
    return response;
  }) as ServerResponse["end"];
  Object.setPrototypeOf(response, Object.create(Object.getPrototypeOf(response) as object));
  one.end(101);
  expect(await one.answer).toEqual({
    status: 101,
    headers: { "set-cookie": "late=1" },
    body: Buffer.alloc(0),
  });
});
