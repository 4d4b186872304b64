/** The dashboard's page in a real browser: signing in, clients that come and go, and what axe finds. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { joinRoom, SocketIO } from "roomcast";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writePage } from "../../scripts/bundle.mjs";
import { opsAuth } from "../support/dashboard-page.ts";
import { LogBook } from "../support/portless-server.ts";
import { nextEvent, soon } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";

/** Harmless: it would show as a picture that is missing. */
const markup = '<img src="data:," alt="markup">';

describe.skipIf(skipsBrowser)("the dashboard's page", () => {
  const socketio = new SocketIO({ logger: new LogBook() });
  const faults: string[] = [];
  let browser: Browser;
  let address: string;
  let page: Page;
  let client: Socket;

  beforeAll(async () => {
    socketio.on("enter", ({ room }: { room: string }) => joinRoom(room));
    socketio.on("say", () => "said");
    socketio.dashboard({ auth: opsAuth });
    const [{ url }, launched] = await Promise.all([
      socketio.run({ port: 0, signals: false }),
      launchBrowser(),
      writePage(fileURLToPath(new URL("../../dist", import.meta.url))),
    ]);
    browser = launched;
    address = `${url}/roomcast/`;
    page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
    });
    client = io(url, { transports: ["websocket"], forceNew: true });
    await nextEvent(client, "connect");
    await client.emitWithAck("enter", { room: markup });
  }, 60_000);
  afterAll(async () => {
    client.disconnect();
    await browser.close();
    await socketio.stop();
  });

  const see = (text: string) => page.getByText(text, { exact: true }).first().waitFor();
  const go = (view: string) => page.goto(`${address}#/${view}`);

  it("asks for a name and a password, and says when they are wrong", async () => {
    await page.goto(address);
    await page.getByLabel("Name").fill(opsAuth.username);
    await page.getByLabel("Password").fill("wrong horse");
    await page.getByRole("button", { name: "Sign in" }).click();
    await see("The name or the password is wrong.");
    await page.getByLabel("Password").fill(opsAuth.password);
    await page.keyboard.press("Enter");
    await page.getByRole("navigation", { name: "Views" }).waitFor();
    await soon(() => page.locator(".figures dd").first().textContent()).toBe("1");
  });

  it("shows a room whose name is markup as text", async () => {
    await go("rooms");
    await see(markup);
    expect(await page.locator("main img").count()).toBe(0);
    await page.getByRole("button", { name: "Members" }).press("Enter");
    expect(await page.getByRole("columnheader", { name: "Members" }).getAttribute("aria-sort")).toBe(
      "ascending",
    );
  });

  it("shows what a client sends as it sends it, and sends to it", async () => {
    await go("clients");
    await page.getByRole("link", { name: "sid~" }).click();
    await see("Waits for the next event.");
    await soon(async () => {
      await client.emitWithAck("say", { text: markup });
      return page.locator(".tail li").count();
    }).toBeGreaterThan(0);
    expect(await page.locator(".tail code").first().textContent()).toBe(
      `{ "text": ${JSON.stringify(markup)} }`,
    );
    expect(await page.locator("main img").count()).toBe(0);
    const greeted = nextEvent(client, "hello");
    await page.getByLabel("Event", { exact: true }).fill("hello");
    await page.getByLabel("Data", { exact: true }).fill('"Ada", { "id": 1 }');
    await page.getByRole("button", { name: "Emit" }).click();
    expect(await greeted).toEqual(["Ada", { id: 1 }]);
    await see("The event was sent.");
  });

  describe.each([
    ["light", { width: 1280, height: 900 }],
    ["dark", { width: 1280, height: 900 }],
    ["light", { width: 390, height: 844 }],
  ] as const)("in the %s theme, in a window of %j", (colorScheme, viewport) => {
    it("has nothing serious that axe finds, and nothing wider than the window", async () => {
      // The colours of a link on its way from one to the other are not those that people read.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize(viewport);
      const { sid = "" } = (await socketio.sockets())[0] ?? {};
      for (const view of [
        "overview",
        "servers",
        "events",
        "rooms",
        "clients",
        "limits",
        `client?namespace=/&sid=${sid}`,
      ]) {
        await go(view);
        await page.locator("main h1").waitFor({ state: "attached" });
        expect({ view, found: await seriousFaults(page) }).toEqual({ view, found: [] });
        const overhang = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
        expect({ view, overhang }).toEqual({ view, overhang: 0 });
      }
    }, 60_000);
  });

  it("disconnects a client with a reason, and sees it leave", async () => {
    const reason = nextEvent(client, "disconnect_reason");
    await page.getByLabel("Reason that the client gets").fill("maintenance");
    await page.getByRole("button", { name: "Disconnect" }).click();
    expect(await reason).toEqual([{ reason: "maintenance", retry: false }]);
    await see("The client has left.");
    await soon(() => socketio.clientCount).toBe(0);
  });

  it("says when the sign-in has ended, and when the server does not answer", async () => {
    await page.context().clearCookies();
    await go("overview");
    await see("Signed out. Sign in again.");
    await page.getByLabel("Name").fill(opsAuth.username);
    await page.getByLabel("Password").fill(opsAuth.password);
    await page.keyboard.press("Enter");
    await page.getByRole("navigation", { name: "Views" }).waitFor();
    await socketio.stop();
    await page.getByRole("alert").filter({ hasText: "The server does not answer." }).waitFor();
  });

  it("breaks no rule of its own about scripts, styles and pictures", () => {
    expect(faults).toEqual([]);
  });
});

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds that keeps people from using the page. */
async function seriousFaults(page: Page): Promise<unknown> {
  // The tools of the browser may run what the page itself must not.
  return page.evaluate(`${axe};
    axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => [id, nodes[0].html]))`);
}
