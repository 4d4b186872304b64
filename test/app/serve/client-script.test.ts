import { expect, it } from "vitest";
import { ClientScript } from "../../../src/app/serve/client-script.ts";
import { fakeRequest } from "../../support/fake-exchange.ts";

function clientScript() {
  const warnings: string[] = [];
  return { script: new ClientScript((message) => warnings.push(message)), warnings };
}

/** A request for a file, with header fields. */
const request = (name: string, headers = {}) => fakeRequest(`/socket.io/${name}`, { headers });

it("has no file that the installed version of the client lacks, and warns of nothing", () => {
  const { script, warnings } = clientScript();
  expect(script.has("socket.io.msgpack.js")).toBe(true);
  expect(script.serve("socket.io.msgpack.js", request("socket.io.msgpack.js"))).toBe(undefined);
  expect(warnings).toEqual([]);
});

it("serves the same bytes again from memory", () => {
  const { script } = clientScript();
  const [first, second] = [1, 2].map(() => script.serve("socket.io.min.js", request("socket.io.min.js")));
  expect(first).toMatchObject({ status: 200, headers: { "x-content-type-options": "nosniff" } });
  expect(second?.body).toBe(first?.body);
});

it("tells caches that the answer depends on the coding, whichever is sent", () => {
  const { script } = clientScript();
  for (const headers of [{}, { "accept-encoding": "gzip" }, { "accept-encoding": "deflate" }]) {
    const answer = script.serve("socket.io.min.js", request("socket.io.min.js", headers));
    expect(answer?.headers).toMatchObject({ vary: "Accept-Encoding" });
    // The file is kept with gzip alone.
    expect(answer?.headers["content-encoding"]).toBe(
      headers["accept-encoding" as keyof typeof headers] === "gzip" ? "gzip" : undefined,
    );
  }
});
