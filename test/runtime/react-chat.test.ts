/** The chat of `examples/react-chat`, in a folder of its own as its README says, as its users see it. */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser, BrowserContext, Locator, Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/free-port.ts";
import { soon } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { ExampleServer } from "./support/example-server.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const password = "tea for two";
const axe = join(root, "node_modules/axe-core/axe.min.js");

/** Writes in the page a little more at once than the server takes, until it refuses something. */
const flood = `(async () => {
  const field = document.querySelector("textarea");
  const { set } = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
  const rendered = () => new Promise((resolve) => setTimeout(resolve));
  const isSending = () => [...document.querySelectorAll(".letter")].some(({ innerText }) => /Sending/.test(innerText));
  while (!document.querySelector(".letter button")) {
    for (let count = 0; count < 22; count++) {
      set.call(field, "message " + count);
      field.dispatchEvent(new Event("input", { bubbles: true }));
      await rendered();
      field.form.requestSubmit();
      await rendered();
    }
    while (isSending()) await rendered();
  }
})()`;

/** A visitor's page, and the connections that it has opened. */
interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** How many connections to the chat the page has opened. */
  connections: number;
  /** Ends the connection and lets no other through, or lets the page connect again. HTTP is not touched. */
  setCut(isCut: boolean): Promise<void>;
}

describe("the walk-through", () => {
  it("shows the code of the example", () => {
    const page = readFileSync(join(root, "docs/react-chat.md"), "utf8");
    const blocks = [...page.matchAll(/^```tsx? (examples\/\S+)\n([\s\S]*?)^```/gm)];
    expect(blocks.length).toBeGreaterThan(8);
    for (const [, path = "", code = ""] of blocks)
      expect(readFileSync(join(root, path), "utf8"), `of ${path}`).toContain(code);
  });
});

describe.skipIf(skipsBrowser)("the React chat", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-chat-"));
  let port = 0;
  let server: ExampleServer;
  let browser: Browser;

  /** Copies the example, and installs what its README tells to install. */
  async function copy(): Promise<void> {
    const example = join(root, "examples/react-chat");
    cpSync(example, folder, {
      recursive: true,
      filter: (path) => !/\/react-chat\/(?:data|dist)$/.test(path),
    });
    const readme = readFileSync(join(example, "README.md"), "utf8");
    const lines = [...readme.matchAll(/^npm install (?:--save-dev )?(.+)$/gm)].map(([, names = ""]) => names);
    const names = lines
      .join(" ")
      .split(" ")
      .filter((name) => !name.endsWith(".tgz"));
    expect(names).toContain("express-session");
    const modules = join(folder, "node_modules");
    // Vite takes linked packages for a part of the application, so this one is copied.
    for (const part of ["package.json", "dist"])
      cpSync(join(root, part), join(modules, "roomcast", part), { recursive: true });
    for (const name of [...names, "ws"]) {
      mkdirSync(join(modules, name, ".."), { recursive: true });
      symlinkSync(join(root, "node_modules", name), join(modules, name));
    }
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "chat", type: "module" }));
  }

  const serve = (variables: Record<string, string> = {}, at = port) =>
    ExampleServer.start(folder, { NODE_ENV: "production", GRACE: "200", MUTE: "2000", ...variables }, at);

  beforeAll(async () => {
    await copy();
    const vite = join(root, "node_modules/vite/bin/vite.js");
    [port, browser] = await Promise.all([
      freePort(),
      launchBrowser(),
      promisify(execFile)(process.execPath, [vite, "build"], { cwd: folder }),
    ]);
    server = await serve();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Opens the page for a visitor. What goes wrong in it fails the test. */
  async function visit(context?: BrowserContext, url = server.url): Promise<Visitor> {
    const its = context ?? (await browser.newContext());
    const page = await its.newPage();
    page.setDefaultTimeout(15_000);
    let isCut = false;
    const routes = new Set<WebSocketRoute>();
    const visitor: Visitor = {
      page,
      context: its,
      connections: 0,
      async setCut(given) {
        isCut = given;
        if (isCut) await Promise.all([...routes].map((route) => route.close()));
        routes.clear();
      },
    };
    await page.routeWebSocket(/\/socket\.io\//, async (route) => {
      if (isCut) return route.close();
      visitor.connections++;
      route.connectToServer();
      routes.add(route);
    });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    onTestFinished(async () => {
      await (context ? page : its).close();
      expect(problems).toEqual([]);
    });
    await page.goto(url);
    return visitor;
  }

  const field = (page: Page) => page.getByRole("textbox", { name: /^Message to/ });
  const lines = (page: Page, text: string) => page.getByRole("log").getByText(text, { exact: true });
  const isShown = (locator: Locator) => locator.first().waitFor();

  async function fill({ page }: Visitor, name: string, button: string, its = password): Promise<void> {
    await page.getByLabel("Name").fill(name);
    await page.getByLabel("Password").fill(its);
    await page.getByRole("button", { name: button }).click();
  }

  /** Browsers with a login, by its name. */
  const known = new Map<string, Promise<BrowserContext>>();

  async function register(name: string): Promise<BrowserContext> {
    const visitor = await visit(await browser.newContext());
    await fill(visitor, name, "Create account");
    await isShown(field(visitor.page));
    await visitor.page.close();
    return visitor.context;
  }

  /** A page of a user that has logged in. A password takes long to hash, so tests share users. */
  async function enter(name: string): Promise<Visitor> {
    const context = known.get(name) ?? register(name);
    known.set(name, context);
    const visitor = await visit(await context);
    await isShown(field(visitor.page));
    return visitor;
  }

  async function say({ page }: Visitor, text: string): Promise<void> {
    await field(page).fill(text);
    await field(page).press("Enter");
  }

  async function clients(url = server.url): Promise<number> {
    const { clients } = (await (await fetch(`${url}health`)).json()) as { clients: number };
    return clients;
  }

  it("asks for a login, and says why it refuses one", async () => {
    const visitor = await visit();
    await fill(visitor, "Mary", "Create account");
    await isShown(field(visitor.page));

    const other = await visit();
    await fill(other, "mary", "Create account");
    await isShown(other.page.getByText("The name mary is taken."));
    await fill(other, "Mary", "Log in", "milk for two");
    await isShown(other.page.getByText("The name or the password is wrong."));
    await fill(other, "Newcomer", "Log in");
    await isShown(other.page.getByText("The name or the password is wrong."));
    const posted = await fetch(`${server.url}login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: ["Mary"], password: null }),
    });
    expect(posted.status).toBe(400);

    // By the keyboard alone.
    await other.page.reload();
    await other.page.getByLabel("Name").fill("Mary");
    await other.page.keyboard.press("Tab");
    await other.page.keyboard.type(password);
    await other.page.keyboard.press("Enter");
    await isShown(field(other.page));
    await other.page.keyboard.type("I am in.");
    await other.page.keyboard.press("Enter");
    await isShown(lines(visitor.page, "I am in."));
  });

  it("carries what two users say, and shows that one types, comes and leaves", async () => {
    const [ada, grace] = [await enter("Ada"), await enter("Grace")];
    const online = ada.page.getByRole("complementary", { name: "Online" });
    await isShown(online.getByText("Ada (you)"));
    await isShown(online.getByText("Grace"));

    const isTyping = ada.page.getByText("Grace is typing…");
    await Promise.all([isShown(isTyping), field(grace.page).pressSequentially("<b>Tea?")]);
    await field(grace.page).press("Enter");
    await isShown(lines(ada.page, "<b>Tea?"));
    await isTyping.waitFor({ state: "detached" });
    await say(ada, "Yes, please.");
    await isShown(lines(grace.page, "Yes, please."));
    expect(await lines(grace.page, "<b>Tea?").count()).toBe(1);

    await ada.page.getByRole("link", { name: "# help" }).click();
    await say(ada, "Which tea?");
    await isShown(grace.page.getByRole("link", { name: "# help 1 new" }));
    expect(await lines(grace.page, "Which tea?").count()).toBe(0);
    await ada.page.reload();
    await isShown(lines(ada.page, "Which tea?"));
    await ada.page.goBack();
    await isShown(lines(ada.page, "Yes, please."));

    await grace.page.close();
    await online.getByText("Grace").waitFor({ state: "detached" });
  });

  it("is accessible in light and dark, on a desk and on a phone", async () => {
    for (const { page } of [await visit(), await enter("Ada")]) {
      await isShown(page.getByRole("textbox"));
      await page.addScriptTag({ path: axe });
      for (const [colorScheme, width, height] of [
        ["light", 1100, 700] as const,
        ["dark", 360, 640] as const,
      ]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        const { violations } = await page.evaluate<{
          violations: { id: string; nodes: { html: string }[] }[];
        }>("axe.run()");
        expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      }
    }
  });

  it("says why the server does not take a message, and sends it again when asked", async () => {
    const alan = await enter("Alan");
    const refusal = alan.page.getByText("You write too fast.");
    const again = alan.page.getByRole("button", { name: "Send again" });
    // The notice may be gone again before the browser has told that the page's script is done.
    await Promise.all([isShown(refusal), alan.page.evaluate(flood)]);
    await isShown(alan.page.getByText("Not sent: Too fast"));
    await refusal.waitFor({ state: "detached" });
    await soon(async () => {
      if ((await again.count()) > 0) await again.first().click();
      return again.count();
    }).toBe(0);
  });

  it("loses and doubles nothing when the server restarts, and keeps its users logged in", async () => {
    const [ada, grace] = [await enter("Ada"), await enter("Grace")];
    // A browser of its own, whose time the test sets.
    const watcher = await visit();
    await fill(watcher, "Grace", "Log in");
    await isShown(field(watcher.page));
    await watcher.page.clock.install();
    await watcher.page.reload();
    await isShown(field(watcher.page));
    await say(ada, "before");
    await isShown(lines(grace.page, "before"));

    await server.stop();
    await say(ada, "in between");
    await isShown(ada.page.getByText("Waits for the connection"));
    await say(grace, "also in between");
    await watcher.page.clock.fastForward(11_000);
    await isShown(watcher.page.getByText("Offline. What you write is sent when the connection is back."));

    server = await serve();
    await say(ada, "after");
    for (const { page } of [ada, grace])
      for (const text of ["before", "in between", "also in between", "after"]) {
        await isShown(lines(page, text));
        await soon(() => lines(page, text).count()).toBe(1);
      }
    expect(await ada.page.getByText("Waits for the connection").count()).toBe(0);
  });

  it("delivers what was written without a connection, even after a reload, and misses nothing", async () => {
    const [ada, grace] = [await enter("Ada"), await enter("Grace")];
    await ada.setCut(true);
    await say(ada, "from the tunnel");
    await isShown(ada.page.getByText("Waits for the connection"));
    await say(grace, "into the tunnel");
    await ada.setCut(false);
    await isShown(lines(grace.page, "from the tunnel"));
    await isShown(lines(ada.page, "into the tunnel"));

    await ada.setCut(true);
    await say(ada, "before the reload");
    await isShown(ada.page.getByText("Waits for the connection"));
    await ada.page.reload();
    await isShown(ada.page.getByText("Connecting…"));
    await ada.setCut(false);
    await isShown(lines(grace.page, "before the reload"));
    await isShown(lines(ada.page, "before the reload"));
    expect(await lines(grace.page, "before the reload").count()).toBe(1);
  });

  it("ends the connections of a login when it ends, and no others", async () => {
    const emmy = await enter("Emmy");
    const tab = await visit(emmy.context);
    const phone = await visit();
    await fill(phone, "Emmy", "Log in");
    await isShown(field(phone.page));
    await isShown(field(tab.page));
    await soon(clients).toBe(3);
    await emmy.page.getByRole("button", { name: "Log out" }).click();
    for (const { page } of [emmy, tab]) await isShown(page.getByText("You have logged out."));
    await soon(clients).toBe(1);
    await say(phone, "still here");
    await isShown(lines(phone.page, "still here"));
    await tab.page.reload();
    await isShown(tab.page.getByRole("button", { name: "Log in" }));
    await fill(emmy, "Emmy", "Log in");
    await isShown(lines(emmy.page, "still here"));
  });

  it("has one connection in StrictMode, and keeps it and what it shows when a component is edited", async () => {
    const development = await serve(
      { NODE_ENV: "development", DATA: join(folder, "other") },
      await freePort(),
    );
    onTestFinished(() => development.stop());
    const rosa = await visit(undefined, development.url);
    await fill(rosa, "Rosa", "Create account");
    await isShown(field(rosa.page));
    const { page } = rosa;
    await say(rosa, "kept");
    await isShown(lines(page, "kept"));
    // The first connection was refused, since there was no login.
    expect(rosa.connections).toBe(2);
    await page.evaluate("globalThis.isKept = true");

    const edit = (file: string, from: string, to: string) => {
      const path = join(folder, "page", file);
      const before = readFileSync(path, "utf8");
      expect(before).toContain(from);
      writeFileSync(path, before.replaceAll(from, to));
    };
    edit("Composer.tsx", "Message to #", "Write to #");
    await isShown(page.getByPlaceholder("Write to #general"));
    edit("Chat.tsx", "<h1>Chat</h1>", "<h1>Talk</h1>");
    await isShown(page.getByRole("heading", { name: "Talk" }));
    edit("App.tsx", "Connecting…", "Connects…");
    edit("use-messages.ts", "type Action", "/* edited */ type Action");
    edit("Chat.tsx", "<h1>Talk</h1>", "<h1>Again</h1>");
    await isShown(page.getByRole("heading", { name: "Again" }));

    expect(await page.evaluate("globalThis.isKept")).toBe(true);
    expect(await lines(page, "kept").count()).toBe(1);
    await say(rosa, "and goes on");
    await isShown(lines(page, "and goes on"));
    expect(await lines(page, "and goes on").count()).toBe(1);
    expect(rosa.connections).toBe(2);
    expect(await clients(development.url)).toBe(1);
  });
});
