import { describe, expect, it } from "vitest";
import { HttpRequest } from "../../src/adapter/http-request.ts";

const requestFor = (url: string) => new HttpRequest("GET", url, {}, "192.0.2.1", false);

describe("HttpRequest", () => {
  it.each([
    ["/socket.io/", "/socket.io/", ""],
    ["/socket.io/?", "/socket.io/", ""],
    ["/socket.io/?a=1&b=2", "/socket.io/", "a=1&b=2"],
    ["/a?b=/c?d", "/a", "b=%2Fc%3Fd"],
    ["?a", "", "a="],
    ["", "", ""],
  ])("divides %j at the first question mark", (url, path, query) => {
    const request = requestFor(url);
    expect([request.url, request.path, request.query.toString()]).toEqual([url, path, query]);
  });

  it("gives a path as it was sent, and a query decoded", () => {
    const request = requestFor("/a%20b/../c?name=J%C3%BCrgen+M");
    expect(request.path).toBe("/a%20b/../c");
    expect(request.query.get("name")).toBe("Jürgen M");
  });

  it("lets no reader of the query change what others read", () => {
    const request = requestFor("/?a=1");
    request.query.set("a", "2");
    expect(request.query.get("a")).toBe("1");
  });
});
