/** The pages of Socket.IO's admin interface in a browser, unchanged but for their icons. */

import bcrypt from "bcryptjs";
import type { Browser, Page } from "playwright-core";
import { joinRoom, type SocketIOOptions } from "roomcast";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { type Socket, StockClient } from "../support/stock-client.ts";
import { deadline, nextEvent, soon } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";

const client = new StockClient("4.8", "websocket");
const password = bcrypt.hashSync("tea", 4);

async function instrumented(serverId: string, options: SocketIOOptions = {}): Promise<TestServer> {
  const server = await startServer(options);
  const auth = { type: "basic", username: "ada", password } as const;
  server.socketio.instrument({ auth, serveUi: true, serverId });
  server.socketio.on("connect", () => joinRoom("hall"));
  server.socketio.namespace("/chat").on("connect", () => joinRoom("tea"));
  return server;
}

/** Reads the image of an icon. */
const iconImage = "getComputedStyle(document.querySelector('.mdi-home-outline'), '::before').maskImage";

describe.skipIf(skipsBrowser)("the pages of the admin interface", () => {
  let browser: Browser;
  let broker: Broker | null = null;

  beforeAll(async () => {
    [browser, broker] = await Promise.all([launchBrowser(), isSkipped("redis") ? null : Broker.redis()]);
  });

  afterAll(async () => {
    await browser.close();
    await broker?.kill();
  });

  /** Opens the pages, and notes what they ask other hosts for and what their own rules forbid. */
  async function open(url: string) {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    page.setDefaultTimeout(deadline);
    const faults: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith("data:")) faults.push(request.url());
    });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") faults.push(message.text());
    });
    await page.goto(`${url}/admin`);
    return { page, faults };
  }

  async function logIn(page: Page, word: string): Promise<void> {
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill(word);
    await page.getByRole("button", { name: "Connect" }).click();
  }

  const show = (page: Page, name: string) => page.getByRole("link", { name, exact: true }).first().click();

  /** Looks at two clients, puts one into a room and disconnects the other. */
  async function administrate(page: Page, [first, second]: readonly [Socket, Socket], sids: () => unknown) {
    const cell = (text: string) => page.getByRole("cell", { name: text, exact: true });
    await show(page, "Sockets");
    await cell(String(first.id)).waitFor();
    await cell(String(second.id)).click();
    await page.getByLabel("Join a room").fill("garden");
    await page.getByLabel("Join a room").press("Enter");
    await page.locator("button:has(.mdi-tag-plus-outline)").click();
    await cell("garden").waitFor();
    expect(await sids()).toEqual([second.id]);
    await show(page, "Rooms");
    for (const room of ["hall", "garden"]) await cell(room).waitFor();
    await show(page, "Sockets");
    const gone = nextEvent(first, "disconnect");
    await page
      .getByRole("row", { name: String(first.id) })
      .getByRole("button")
      .click();
    expect((await gone)[0]).toBe("io server disconnect");
    await page.getByText("disconnected", { exact: true }).first().waitFor();
    await show(page, "Sockets");
    await cell(String(second.id)).waitFor();
    await soon(() => page.getByRole("row", { name: "sid~" }).count()).toBe(1);
  }

  it("log in, and show and change the clients of a server", async () => {
    const { url, socketio } = await instrumented("one");
    const [first, second, chat] = await Promise.all([
      client.connect(url),
      client.connect(url),
      client.connect(`${url}/chat`),
    ]);
    const { page, faults } = await open(url);
    await page.getByLabel("Password").waitFor();
    expect(await page.getByText("Invalid credentials").isVisible()).toBe(false);
    await logIn(page, "coffee");
    await page.getByText("Invalid credentials").waitFor();
    await logIn(page, "tea");
    await page.getByText("connected", { exact: true }).first().waitFor();
    await page.getByRole("cell", { name: "/chat", exact: true }).waitFor();
    expect(await page.evaluate(iconImage)).toContain("data:image/svg");
    const members = async () => (await socketio.sockets({ to: "garden" })).map(({ sid }) => sid);
    await administrate(page, [first, second], members);
    await page.getByLabel("Select namespace").first().click({ force: true });
    await page.getByRole("option", { name: "/chat" }).click();
    await page.getByRole("cell", { name: String(chat.id), exact: true }).waitFor();
    // The session logs in again.
    await page.reload();
    await page.getByRole("cell", { name: String(second.id), exact: true }).waitFor();
    expect(faults).toEqual([]);
  }, 60_000);

  it.skipIf(isSkipped("redis"))(
    "show and change the clients of three servers on one Redis",
    async () => {
      const options = { messageQueue: broker?.url ?? "" };
      const servers = await Promise.all(["one", "two", "three"].map((id) => instrumented(id, options)));
      const [one, two, three] = servers as [TestServer, TestServer, TestServer];
      const [first, second] = await Promise.all([client.connect(two.url), client.connect(three.url)]);
      const { page, faults } = await open(one.url);
      await logIn(page, "tea");
      await show(page, "Servers");
      for (const id of ["one", "two", "three"])
        await page.getByRole("cell", { name: id, exact: true }).waitFor();
      const members = async () => (await one.socketio.sockets({ to: "garden" })).map(({ sid }) => sid);
      await administrate(page, [first, second], members);
      expect(faults).toEqual([]);
    },
    60_000,
  );
});
