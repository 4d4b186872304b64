import { describe, expect, it } from "vitest";
import { BunRequest } from "../../../src/adapter/bun/bun-request.ts";
import type { BunServer } from "../../../src/adapter/bun/bun-runtime.ts";

/** A request, and how often its address was asked for. Like Bun, the server forgets it with the answer. */
function arrive(headers: Record<string, string> = {}, url = "http://chat.example/socket.io/?EIO=4&a=1") {
  const counts = { asked: 0 };
  let isAnswered = false;
  const server = {
    requestIP() {
      counts.asked += 1;
      return isAnswered ? null : { address: "192.0.2.1" };
    },
  } as unknown as BunServer;
  const request = new BunRequest(new Request(url, { headers }), "/socket.io/?EIO=4&a=1", server);
  return {
    request,
    counts,
    answer() {
      isAnswered = true;
    },
  };
}

describe("BunRequest", () => {
  it("has what every request has", () => {
    const { request } = arrive();
    expect(request).toMatchObject({ method: "GET", url: "/socket.io/?EIO=4&a=1", secure: false });
    expect([request.path, request.query.get("a")]).toEqual(["/socket.io/", "1"]);
    expect(arrive({}, "https://chat.example/socket.io/").request.secure).toBe(true);
  });

  it("asks Bun for the address only when it is read, and once", () => {
    const { request, counts, answer } = arrive();
    expect(counts.asked).toBe(0);
    expect(request.address).toBe("192.0.2.1");
    answer();
    expect(request.address).toBe("192.0.2.1");
    expect(counts.asked).toBe(1);
  });

  it("has no address where none was read before the answer", () => {
    const { request, answer } = arrive();
    answer();
    expect(request.address).toBe("");
  });

  it("gives header fields as a plain object would", () => {
    const { headers } = arrive({ "X-Name": "value", Cookie: "a=1; b=2" }).request;
    expect([headers.cookie, headers["x-name"]]).toEqual(["a=1; b=2", "value"]);
    expect("cookie" in headers).toBe(true);
    expect("origin" in headers).toBe(false);
    expect(Object.keys(headers)).toEqual(["cookie", "x-name"]);
    expect({ ...headers }).toEqual({ cookie: "a=1; b=2", "x-name": "value" });
    expect(JSON.parse(JSON.stringify(headers))).toEqual({ cookie: "a=1; b=2", "x-name": "value" });
    expect(Object.entries(headers)).toHaveLength(2);
  });

  it("has nothing under other names: in upper case, of no field, of a method", () => {
    const { headers } = arrive({ "X-Name": "value" }).request;
    for (const name of ["X-Name", "", "a b", "get", "toString", "__proto__", "constructor", "then"])
      expect(headers[name]).toBeUndefined();
    expect(Reflect.get(headers, Symbol.iterator)).toBeUndefined();
  });

  it("lets no reader change it", () => {
    const { headers } = arrive({ "X-Name": "value" }).request;
    expect(Reflect.set(headers, "x-name", "other")).toBe(false);
    expect(Reflect.deleteProperty(headers, "x-name")).toBe(false);
    expect(headers["x-name"]).toBe("value");
  });
});
