/** The programs of examples/ beside the tutorial, as users run them: stock clients, and pages. */

import type { Browser, Page } from "playwright-core";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { nextEvent, soon } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { ExampleServer } from "./support/example-server.ts";

const running = new Map<string, Promise<ExampleServer>>();
let broker: Broker;

/** An example's server, which starts once for all tests. A second process of it has a number. */
function start(name: string, process = 1): Promise<ExampleServer> {
  const key = `${name} ${process}`;
  const server =
    running.get(key) ?? ExampleServer.start(name, { GRACE: "200", REDIS_URL: broker?.url ?? "" });
  running.set(key, server);
  return server;
}

beforeAll(async () => {
  if (!isSkipped("redis")) broker = await Broker.redis();
});

afterAll(async () => {
  for (const server of await Promise.allSettled(running.values()))
    if (server.status === "fulfilled") await server.value.stop();
  await broker?.kill();
}, 60_000);

function client({ url }: ExampleServer, options: Parameters<typeof io>[1] = {}): Socket {
  const socket = io(url, { forceNew: true, ...options });
  onTestFinished(() => void socket.disconnect());
  return socket;
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

describe("the examples, to stock clients", { timeout: 40_000 }, () => {
  it("chat: accepts clients that have logged in, remembers what was said, and ends with the logout", async () => {
    const server = await start("chat");
    const [refusal] = await nextEvent(client(server), "connect_error");
    expect(refusal.message).toBe("Log in first.");

    const login = await post(`${server.url}login`, { name: "Ada", password: "tea" });
    expect(await login.text()).toBe("Ada");
    const cookie = login.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const wrong = await post(`${server.url}login`, { name: "Ada", password: "coffee" });
    expect([wrong.status, await wrong.text()]).toEqual([401, "The password is wrong."]);

    const ada = client(server, { extraHeaders: { cookie } });
    await nextEvent(ada, "history");
    ada.emit("say", "Hello");
    expect(await nextEvent(ada, "message")).toEqual([{ from: "Ada", text: "Hello" }]);
    const tablet = client(server, { extraHeaders: { cookie } });
    expect(await nextEvent(tablet, "history")).toEqual([[{ from: "Ada", text: "Hello" }]]);

    const ends = [ada, tablet].map((socket) => nextEvent(socket, "disconnect"));
    await post(`${server.url}logout`, {}, { cookie });
    expect((await Promise.all(ends)).map(([reason]) => reason)).toEqual([
      "io server disconnect",
      "io server disconnect",
    ]);
    const [after] = await nextEvent(client(server, { extraHeaders: { cookie } }), "connect_error");
    expect(after.message).toBe("Log in first.");
  });

  it("private-messages: reach every tab of both, and no other client", async () => {
    const server = await start("private-messages");
    const tokenOf = async (name: string) => {
      const answer = (await (await post(`${server.url}names`, { name })).json()) as { token: string };
      return answer.token;
    };
    const [ada, grace, eve] = await Promise.all(["Ada", "Grace", "Eve"].map(tokenOf));
    expect((await post(`${server.url}names`, { name: "Ada" })).status).toBe(409);

    const seen: string[] = [];
    const tabs = [
      { name: "Ada's phone", token: ada },
      { name: "Ada's desk", token: ada },
      { name: "Grace", token: grace },
      { name: "Eve", token: eve },
    ].map(({ name, token }) =>
      client(server, { auth: { token } }).on("private_message", ({ from, to, text }) => {
        seen.push(`${name}: ${from} to ${to}: ${text}`);
      }),
    );
    await Promise.all(tabs.map((tab) => nextEvent(tab, "connect")));
    expect(await tabs[0]?.emitWithAck("private_message", "Grace", "Tea?")).toEqual({});
    await soon(() => seen.toSorted()).toEqual(
      ["Ada's desk", "Ada's phone", "Grace"].map((tab) => `${tab}: Ada to Grace: Tea?`),
    );
    expect(await tabs[2]?.emitWithAck("private_message", "Alan", "Tea?")).toEqual({
      error: "Alan is not here.",
    });
    expect(await tabs[3]?.emitWithAck("private_message", "Eve", "me")).toEqual({});
    await soon(() => seen.filter((line) => line.startsWith("Eve"))).toEqual(["Eve: Eve to Eve: me"]);
  });

  it("presence: shows names that come, and those gone for the grace period, once for all tabs of a name", async () => {
    const server = await start("presence");
    let people: string[] = [];
    const ada = client(server, { auth: { name: "Ada" } }).on("people", (names) => {
      people = names;
    });
    await soon(() => people).toEqual(["Ada"]);
    const graces = [1, 2].map(() => client(server, { auth: { name: "Grace" } }));
    expect(await Promise.all(graces.map((tab) => nextEvent(tab, "people")))).toHaveLength(2);
    await soon(() => people).toEqual(["Ada", "Grace"]);
    graces[0]?.disconnect();
    const [now] = await nextEvent(client(server, { auth: { name: "Alan" } }), "people");
    expect(now).toContain("Grace");
    await soon(() => people).toEqual(["Ada", "Alan", "Grace"]);
    graces[1]?.disconnect();
    await soon(() => people).toEqual(["Ada", "Alan"]);
    ada.disconnect();
  });

  it.skipIf(isSkipped("redis"))("redis: two processes are one chat, and count everybody", async () => {
    const servers = await Promise.all([1, 2].map((process) => start("redis", process)));
    const [first, second] = servers.map((server) => {
      const seen = { count: 0, messages: [] as unknown[] };
      const socket = client(server)
        .on("connect", () => socket.emit("ready"))
        .on("count", (count) => {
          seen.count = count;
        })
        .on("message", (message) => seen.messages.push(message));
      return { socket, seen };
    });
    await soon(() => [first?.seen.count, second?.seen.count]).toEqual([2, 2]);
    first?.socket.emit("say", "Hello");
    const expected = [{ text: "Hello", process: servers[0]?.pid }];
    await soon(() => [first?.seen.messages, second?.seen.messages]).toEqual([expected, expected]);
    second?.socket.disconnect();
    await soon(() => first?.seen.count).toBe(1);
  });

  it("game: moves everyone by what they steer, at one speed, and removes players that leave", async () => {
    const server = await start("game");
    const sockets = [client(server), client(server)];
    await Promise.all(sockets.map((socket) => nextEvent(socket, "connect")));
    const [fast, slow] = sockets as [Socket, Socket];
    let players: Record<string, { x: number; y: number }> = {};
    fast.on("state", (state) => {
      players = state.players;
    });
    const place = ({ id = "" }: Socket) => players[id] ?? { x: 0, y: 0 };
    await soon(() => [place(fast).x, place(slow).x]).toEqual([0.5, 0.5]);
    slow.emit("steer", { x: "far", y: null });
    fast.emit("steer", { x: 1_000, y: 0 });
    await soon(() => place(fast).x).toBeGreaterThan(0.55);
    expect(place(fast).x).toBeLessThan(0.9);
    await soon(() => place(fast).x).toBe(1);
    expect(place(slow)).toMatchObject({ x: 0.5, y: 0.5 });
    slow.disconnect();
    await soon(() => Object.keys(players)).toEqual([fast.id]);
  });

  it("react: counts one vote of each voter", async () => {
    const server = await start("react");
    const [ada, again] = [1, 2].map(() => client(server, { auth: { voter: "Ada" } })) as [Socket, Socket];
    let results: unknown;
    again.on("results", (latest) => {
      results = latest;
    });
    await soon(() => results).toEqual({ Tea: 0, Coffee: 0, Water: 0 });
    expect(await ada.emitWithAck("vote", "Tea")).toBe(true);
    expect(await ada.emitWithAck("vote", "Water")).toBe(true);
    expect(await ada.emitWithAck("vote", "constructor")).toBe(false);
    await soon(() => results).toEqual({ Tea: 0, Coffee: 0, Water: 1 });
  });
});

describe.skipIf(skipsBrowser)("the examples' pages", { timeout: 40_000 }, () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);

  afterAll(() => browser?.close());

  /** Opens a page as a visitor of its own. What goes wrong in the page fails the test. */
  async function visit(server: ExampleServer): Promise<Page> {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    onTestFinished(async () => {
      await context.close();
      expect(problems).toEqual([]);
    });
    await page.goto(server.url);
    return page;
  }

  /** Waits until an element shows a text. */
  const shows = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor();

  async function fill(page: Page, fields: Record<string, string>, button: string): Promise<void> {
    for (const [label, text] of Object.entries(fields))
      await page.getByLabel(label, { exact: true }).fill(text);
    await page.getByRole("button", { name: button, exact: true }).click();
  }

  it("chat", async () => {
    const server = await start("chat");
    const [ada, grace] = [await visit(server), await visit(server)];
    await shows(ada, "Not logged in");
    await fill(ada, { Name: "Ada", Password: "tea" }, "Log in");
    await shows(ada, "Connected");
    await fill(grace, { Name: "Ada", Password: "wrong" }, "Log in");
    await shows(grace, "The password is wrong.");
    await fill(grace, { Name: "Grace", Password: "x" }, "Log in");
    await shows(grace, "Connected");
    await fill(grace, { Message: "<b>Hello</b>" }, "Send");
    await shows(ada, "Grace <b>Hello</b>");
    await ada.getByRole("button", { name: "Log out" }).click();
    await shows(ada, "Not logged in");
  });

  it("private-messages", async () => {
    const server = await start("private-messages");
    const [hedy, mary] = [await visit(server), await visit(server)];
    await fill(hedy, { "Your name": "Hedy" }, "Begin");
    await fill(mary, { "Your name": "Hedy" }, "Begin");
    await shows(mary, "The name Hedy is taken.");
    await fill(mary, { "Your name": "Mary" }, "Begin");
    await shows(mary, "Connected");
    await fill(hedy, { To: "Mary", Message: "Tea?" }, "Send");
    await shows(mary, "Hedy → Mary Tea?");
    await shows(hedy, "Hedy → Mary Tea?");
    await fill(hedy, { To: "Zoe", Message: "Tea?" }, "Send");
    await shows(hedy, "Zoe is not here.");
  });

  it("presence", async () => {
    const server = await start("presence");
    const [ada, grace] = [await visit(server), await visit(server)];
    await fill(ada, { "Your name": "Ada" }, "Come in");
    await shows(ada, "Ada (you)");
    await fill(grace, { "Your name": "Grace" }, "Come in");
    await shows(ada, "Grace");
    await grace.reload();
    await shows(grace, "Grace (you)");
    await shows(grace, "Ada");
  });

  it.skipIf(isSkipped("redis"))("redis", async () => {
    const [first, second] = await Promise.all([1, 2].map((process) => start("redis", process)));
    if (!first || !second) throw new Error("Both processes have started.");
    const [ada, grace] = [await visit(first), await visit(second)];
    await shows(ada, String(first.pid));
    await shows(grace, String(second.pid));
    await fill(ada, { Message: "Hello" }, "Send");
    await shows(grace, `Process ${first.pid} Hello`);
  });

  it("game", async () => {
    const server = await start("game");
    const page = await visit(server);
    await shows(page, "Connected");
    await soon(() => page.textContent("#players")).toBe("1");
    const places: number[] = [];
    const watcher = client(server).on("state", ({ players }) =>
      places.push(Object.values<{ x: number }>(players)[0]?.x ?? 0),
    );
    await page.keyboard.down("ArrowRight");
    await soon(() => Math.max(...places)).toBeGreaterThan(0.6);
    await page.keyboard.up("ArrowRight");
    await soon(() => new Set(places.slice(-5)).size).toBe(1);
    watcher.disconnect();
  });

  it("react", async () => {
    const server = await start("react");
    const [ada, grace] = [await visit(server), await visit(server)];
    await ada.getByRole("button", { name: "Tea" }).click();
    await soon(() => grace.locator(".option", { hasText: "Tea" }).locator("output").textContent()).toBe("1");
    expect(await ada.getByRole("button", { name: "Tea" }).getAttribute("aria-pressed")).toBe("true");
  });
});
