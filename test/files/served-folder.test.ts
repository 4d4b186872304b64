import { describe, expect, it } from "vitest";
import { ServedFile } from "../../src/files/served-file.ts";
import { ServedFolder } from "../../src/files/served-folder.ts";
import { FakeExchange, fakeRequest } from "../support/fake-exchange.ts";
import { soon } from "../support/waiting.ts";

const page = new ServedFile("index.html", Buffer.from("Hello"), "1");
const errors: unknown[] = [];
const folder = new ServedFolder(
  "/tools/admin/",
  (name) => {
    if (name === "broken") throw new Error("broken");
    return name === "" ? page : undefined;
  },
  (error) => errors.push(error),
);

async function ask(url: string, method = "GET") {
  const exchange = new FakeExchange(fakeRequest(url, { method }));
  folder.serve(exchange.request, exchange);
  await soon(() => exchange.response).toBeDefined();
  return exchange.response;
}

describe("ServedFolder", () => {
  it("owns its path and all that is below", () => {
    const urls = ["/tools/admin", "/tools/admin/", "/tools/admin/js/x.js"];
    for (const url of urls) expect(folder.owns(url)).toBe(true);
    for (const url of ["/tools/administrator", "/tools/", "/admin/", "/"])
      expect(folder.owns(url)).toBe(false);
  });

  it("answers with its files, and with status 404 for other names", async () => {
    expect(await ask("/tools/admin/")).toMatchObject({ status: 200 });
    expect(await ask("/tools/admin/?a=b", "HEAD")).toMatchObject({ status: 200 });
    expect(await ask("/tools/admin/../secret")).toMatchObject({ status: 404 });
  });

  it("leads to the slash at its end, also behind a proxy that changes the path", async () => {
    expect(await ask("/tools/admin?a=b")).toMatchObject({
      status: 301,
      headers: { location: "admin/?a=b" },
    });
  });

  it("answers with status 500 where it cannot find out, and reports why", async () => {
    expect(await ask("/tools/admin/broken")).toMatchObject({ status: 500, body: "Internal server error" });
    expect(errors).toEqual([new Error("broken")]);
  });

  it("takes no other methods than GET and HEAD", async () => {
    expect(await ask("/tools/admin/", "POST")).toMatchObject({
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  });
});
