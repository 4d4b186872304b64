import { beforeEach, describe, expect, it } from "vitest";
import { FakePage } from "../support/fake-websocket.ts";

describe("the loop over events", () => {
  let page: FakePage;
  beforeEach(() => {
    page = new FakePage();
  });

  it("gets each event's values in order, and ends with the socket", async () => {
    const socket = await page.connected();
    const heard: unknown[] = [];
    const done = (async () => {
      for await (const values of socket.events("said")) heard.push(values);
    })();
    page.last.receive('42["said","a",1]');
    page.last.receive('42["other"]');
    page.last.receive('42["said","b"]');
    await Promise.resolve();
    socket.disconnect();
    await done;
    expect(heard).toEqual([["a", 1], ["b"]]);
  });

  it("ends with its signal, also while it waits", async () => {
    const socket = await page.connected();
    const stop = new AbortController();
    const loop = socket.events("said", { signal: stop.signal });
    const next = loop.next();
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("goes on over a lost connection, and stops listening when it is left", async () => {
    const socket = await page.connected();
    const loop = socket.events("said");
    const first = loop.next();
    page.last.break();
    await page.nextAttempt();
    await page.accept();
    page.last.receive('42["said","back"]');
    expect(await first).toEqual({ done: false, value: ["back"] });
    await loop.return();
    expect(await loop.next()).toEqual({ done: true, value: undefined });
  });

  it("throws where it does not keep up", async () => {
    const socket = await page.connected();
    const next = socket.events("said").next();
    for (let index = 0; index < 1001; index++) page.last.receive(`42["said",${index}]`);
    await expect(next).rejects.toMatchObject({ code: "ERR_DROPPED" });
  });
});
