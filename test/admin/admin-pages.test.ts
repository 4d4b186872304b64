import { describe, expect, it } from "vitest";
import { AdminPages } from "../../src/admin/admin-pages.ts";
import { installedPackage } from "../../src/files/installed-package.ts";
import { fakeRequest } from "../support/fake-exchange.ts";

const settings = {
  folder: installedPackage("@socket.io/admin-ui") ?? "",
  path: "/tools/",
  enginePath: "/live",
  namespace: "/<admin>",
  parser: "msgpack",
} as const;
const pages = new AdminPages(settings);

async function read(name: string) {
  const answer = (await pages.find(name))?.respond(fakeRequest(`/tools/${name}`));
  return { headers: answer?.headers ?? {}, text: Buffer.from(answer?.body ?? "").toString() };
}

/** Runs the script of the settings in a page at a path. */
async function storageAt(pathname: string, stored: Record<string, string> = {}) {
  const { text } = await read("roomcast.js");
  const storage = { ...stored };
  const classes: string[] = [];
  const page = {
    window: { location: { origin: "https://example.com", pathname } },
    localStorage: {
      setItem(name: string, value: string) {
        storage[name] = value;
      },
      getItem: (name: string) => storage[name] ?? null,
    },
    document: {
      documentElement: { classList: { add: (name: string) => classes.push(name) } },
      addEventListener() {},
    },
  };
  new Function(...Object.keys(page), text)(...Object.values(page));
  return { storage, classes };
}

describe("AdminPages", () => {
  it("ask no other host for anything", async () => {
    const { text, headers } = await read("");
    expect(text).toContain("<title>Socket.IO Admin UI</title>");
    expect(text).not.toMatch(/(?:src|href)="?(?:https?:)?\/\//);
    expect(headers["content-security-policy"]).toContain("script-src 'self';");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  });

  it("run the settings before their own scripts", async () => {
    const { text } = await read("index.html");
    const scripts = [...text.matchAll(/<script src="?([\w./-]+)/g)].map(([, name]) => name);
    expect(scripts[0]).toBe("roomcast.js");
    expect(scripts.length).toBeGreaterThan(1);
    for (const name of scripts) expect((await read(name ?? "")).text).not.toBe("");
  });

  it("find the server that they come from, also behind a proxy", async () => {
    const { storage } = await storageAt("/tools/");
    expect(storage).toEqual({
      server_url: "https://example.com",
      path: "/live",
      namespace: "/<admin>",
      parser: "msgpack",
    });
    expect((await storageAt("/behind/tools/")).storage).toMatchObject({ path: "/behind/live" });
  });

  it("say nothing of a wrong login before one was entered", async () => {
    expect((await storageAt("/tools/")).classes).toEqual(["roomcast-new"]);
    expect((await storageAt("/tools/", { session_id: "old" })).classes).toEqual([]);
  });

  it("serve no other files of the package", async () => {
    for (const name of ["../package.json", "js/../../../package.json", "ui.js", "js/none.js", "js/"])
      expect(await pages.find(name)).toBeUndefined();
  });

  it("say where the package lacks them", async () => {
    const empty = new AdminPages({ ...settings, folder: "/nowhere" });
    await expect(empty.find("")).rejects.toMatchObject({ code: "ERR_MISSING_PACKAGE" });
  });
});
