/** The tutorial as its readers run it: the example server in its own process, its page in a real browser. */

import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { freePort } from "../support/free-port.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { ExampleServer } from "./support/example-server.ts";

const patience = { timeout: 10_000, interval: 50 };
const serverEvent = "Server generated event";

/** The parts of the DOM that functions in the page use. */
declare const getComputedStyle: (
  element: unknown,
) => Record<"color" | "backgroundColor" | "borderTopColor" | "borderTopWidth", string>;

describe.skipIf(skipsBrowser)("the tutorial in a browser", { timeout: 40_000 }, () => {
  let browser: Browser;
  let server: ExampleServer;
  let witness: Tab; // open from the first connection to the last test
  const tabs: Tab[] = [];

  beforeAll(async () => {
    server = await startTutorial();
    browser = await launchBrowser();
    witness = await Tab.open(browser, server.url);
  }, 60_000);

  afterEach(async () => {
    const opened = tabs.splice(0);
    for (const tab of opened) await tab.close();
    expect([...opened, witness].flatMap((tab) => tab.problems)).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  async function open(): Promise<Tab> {
    const tab = await Tab.open(browser, server.url);
    tabs.push(tab);
    return tab;
  }

  it("shows the async mode and the greetings: the server's message first, then the echo of the page's own", async () => {
    const tab = await open();
    expect(await tab.lines()).toEqual(["Received #0: Connected", "Received #1: I'm connected!"]);
    expect(await tab.page.textContent("header")).toMatch(/Async mode\s*(node|bun)/);
    expect(await tab.page.textContent("#status")).toBe("Connected");
  });

  it("echoes to the sender alone, with the next count", async () => {
    const [alice, bob] = await Promise.all([open(), open()]);
    await alice.submit("emit", { emit_data: "123" });
    await alice.receives("Received #2: 123");
    await alice.submit("emit", { emit_data: "456" });
    await alice.receives("Received #3: 456");

    await alice.submit("broadcast", { broadcast_data: "marker" });
    await bob.receives("Received #4: marker");
    expect(await bob.lines()).toEqual([
      "Received #0: Connected",
      "Received #1: I'm connected!",
      "Received #4: marker",
    ]);
  });

  it("shows messages of others as text, never as markup", async () => {
    const tab = await open();
    await tab.submit("emit", { emit_data: "<img src=x onerror=alert(1)>" });
    await tab.receives("Received #2: <img src=x onerror=alert(1)>");
    expect(await tab.page.locator("#log img").count()).toBe(0);
  });

  it("broadcasts to everyone, the sender included", async () => {
    const [alice, bob] = await Promise.all([open(), open()]);
    await alice.submit("broadcast", { broadcast_data: "hello all" });
    await alice.receives("Received #2: hello all");
    await bob.receives("Received #2: hello all");
  });

  it("names the rooms after joining and leaving, the client's own first", async () => {
    const tab = await open();
    const sid = await tab.sid();
    await tab.submit("join", { join_room: "lobby" });
    await tab.receives(`Received #2: In rooms: ${sid}, lobby`);
    await tab.submit("leave", { leave_room: "lobby" });
    await tab.receives(`Received #3: In rooms: ${sid}`);
  });

  it("sends to the members of a room, and to no client that has left it", async () => {
    const [alice, bob] = await Promise.all([open(), open()]);
    await alice.submit("join", { join_room: "lobby" });
    await alice.receives(/In rooms: .*lobby/);
    await bob.submit("send_room", { room_name: "lobby", room_data: "for members" });
    await alice.receives("Received #2: for members");

    await alice.submit("leave", { leave_room: "lobby" });
    await alice.receives(/^Received #3: In rooms/);
    await bob.submit("send_room", { room_name: "lobby", room_data: "too late" });
    await bob.submit("broadcast", { broadcast_data: "marker" });
    await Promise.all([alice.receives("Received #4: marker"), bob.receives("Received #4: marker")]);
    expect((await alice.lines()).join()).not.toContain("too late");
    expect((await bob.lines()).join()).not.toMatch(/for members|too late/);
  });

  it("tells a room's members that it is closing, and empties it", async () => {
    const [alice, bob, outsider] = await Promise.all([open(), open(), open()]);
    for (const tab of [alice, bob]) {
      await tab.submit("join", { join_room: "attic" });
      await tab.receives(/In rooms: .*attic/);
    }
    await alice.submit("close", { close_room: "attic" });
    await Promise.all([alice, bob].map((tab) => tab.receives("Received #3: Room attic is closing.")));

    await alice.submit("send_room", { room_name: "attic", room_data: "anyone there?" });
    await alice.submit("broadcast", { broadcast_data: "marker" });
    for (const tab of [alice, bob, outsider]) {
      await tab.receives("Received #5: marker");
      expect((await tab.lines()).join()).not.toContain("anyone there?");
    }
    expect((await outsider.lines()).join()).not.toContain("is closing");
  });

  it("disconnects the client that asks for it, once it has the last message, and no other", async () => {
    const [alice, bob] = await Promise.all([open(), open()]);
    const sid = await alice.sid();
    await alice.submit("disconnect", {});
    await alice.receives("Received #2: Disconnected!");
    await alice.shows("#status", /^Disconnected$/);
    await expect.poll(() => server.output, patience).toContain(`Client disconnected ${sid}`);
    expect(await alice.page.getByRole("button", { name: "Echo" }).isDisabled()).toBe(true);

    await bob.submit("broadcast", { broadcast_data: "still here" });
    await bob.receives("Received #2: still here");
    expect(await bob.page.textContent("#status")).toBe("Connected");

    await alice.page.getByRole("button", { name: "Connect again" }).click();
    await alice.receives("Received #1: I'm connected!", 2);
    expect(await alice.sid()).not.toBe(sid);
    expect((await alice.lines()).join()).not.toContain("still here");
  });

  it("empties a field when its message is sent, and keeps the text while the server is away", async () => {
    const tab = await open();
    await tab.submit("send_room", { room_name: "lobby", room_data: "hi" });
    await tab.submit("emit", { emit_data: "first" });
    await tab.receives("Received #3: first");
    expect(await tab.page.inputValue("#emit_data")).toBe("");
    expect(await tab.page.inputValue("#room_data")).toBe("");
    expect(await tab.page.inputValue("#room_name")).toBe("lobby");

    await tab.submit("disconnect", {});
    await tab.shows("#status", /^Disconnected$/);
    await tab.page.fill("#emit_data", "second");
    await tab.page.press("#emit_data", "Enter");
    expect(await tab.page.inputValue("#emit_data")).toBe("second");
  });

  it("keeps the focus on an enabled button, through Disconnect and Connect again", async () => {
    const tab = await open();
    await tab.page.focus("#end");
    await tab.page.keyboard.press("Enter");
    await tab.shows("#status", /^Disconnected$/);
    expect(await tab.focused()).toBe("Connect again");
    await tab.page.keyboard.press("Enter");
    await tab.shows("#status", /^Connected$/);
    expect(await tab.focused()).toBe("Disconnect");
    await tab.page.focus("#emit_data");
    await tab.page.keyboard.type("by keyboard");
    await tab.page.keyboard.press("Enter");
    await tab.receives("Received #2: by keyboard");
    expect(await tab.focused()).toBe("emit_data");
  });

  it("has a contrast of text to background of at least 4.5 to 1, also under the pointer", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const tab = await open();
      await tab.page.emulateMedia({ colorScheme });
      for (const button of await tab.page.locator("button:visible").all()) {
        await button.hover();
        expect(
          await button.evaluate(contrast),
          `${colorScheme}, ${await button.textContent()}`,
        ).toBeGreaterThan(4.5);
      }
    }
  });

  it("outlines its buttons where the browser replaces all colours", async () => {
    const tab = await open();
    await tab.page.emulateMedia({ forcedColors: "active" });
    for (const button of await tab.page.locator("button:visible").all()) {
      const [width, border, ground] = await button.evaluate((element) => {
        const { borderTopWidth, borderTopColor, backgroundColor } = getComputedStyle(element);
        return [borderTopWidth, borderTopColor, backgroundColor];
      });
      expect(width).toBe("1px");
      expect(border).toMatch(/^rgb\(/);
      expect(border).not.toBe(ground);
    }
  });

  it.each([
    ["a phone", 390, 844],
    ["a phone on its side", 844, 390],
    ["a small phone on its side", 568, 320],
    ["a laptop", 1280, 720],
  ])("shows the log on %s, whichever form is in use", async (_, width, height) => {
    const tab = await open();
    await tab.page.setViewportSize({ width, height });
    await tab.page.focus("#close_room");
    await tab.submit("emit", { emit_data: "in sight" });
    await tab.receives("Received #2: in sight");
    for (const field of ["#emit_data", "#close_room"]) {
      await tab.page.focus(field);
      await tab.page.locator(field).scrollIntoViewIfNeeded();
      const line = await tab.page.getByText("Received #2: in sight").boundingBox();
      if (line === null) throw new Error("the line has no place on the page");
      expect(line.y).toBeGreaterThanOrEqual(0);
      expect(line.y + line.height).toBeLessThanOrEqual(height);
    }
    expect(await tab.page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  });

  it("upgrades to WebSocket and measures the latency", async () => {
    const tab = await open();
    await tab.shows("#transport", /^websocket$/);
    await tab.shows("#ping-pong", /^\d+\.\d$/);
  });

  it("reconnects by itself after the server was away", async () => {
    const port = await freePort();
    let restarted = await startTutorial(port);
    const tab = await Tab.open(browser, restarted.url);
    try {
      await restarted.stop();
      await tab.shows("#status", /reconnecting|trying again/);
      restarted = await startTutorial(port);
      await tab.receives("Received #1: I'm connected!", 2);
      await tab.shows("#status", /^Connected$/);
      // The browser itself reports requests that reached no server. The page must report nothing else.
      expect(tab.problems.filter((text) => !/net::ERR_|WebSocket connection to/.test(text))).toEqual([]);
    } finally {
      await tab.close();
      await restarted.stop();
    }
  });

  it("sends everyone a server event every ten seconds, from one task", async () => {
    const tab = await open();
    await expect.poll(() => tab.serverLines(), { timeout: 11_000 }).not.toEqual([]);
    const lines = await witness.serverLines();
    expect(lines.length).toBeGreaterThan(0);
    expect(lines).toEqual(lines.map((_, index) => `Received #${index + 1}: ${serverEvent}`));
  });
});

/** The contrast of an element's text and background (WCAG 2.2, relative luminance). Runs in the page. */
function contrast(element: unknown): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const { color, backgroundColor } = getComputedStyle(element);
  const [dark = 0, light = 0] = [luminance(color), luminance(backgroundColor)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe("the tutorial's text", () => {
  it("quotes the example files to the letter", () => {
    const quotes = quotesOf("docs/tutorial.md");
    expect(quotes.length).toBeGreaterThan(5);
    for (const { path, text } of quotes) expect(flush(read(path))).toContain(flush(text));
  });

  it("quotes the same in each language", () => {
    expect(quotesOf("docs/tutorial.zh-TW.md")).toEqual(quotesOf("docs/tutorial.md"));
  });

  function quotesOf(guide: string): { path: string; text: string }[] {
    const blocks = read(guide).matchAll(/^```\w+ (examples\/\S+)\n(.*?)^```$/gms);
    return [...blocks].map(([, path = "", text = ""]) => ({ path, text }));
  }

  function read(path: string): string {
    return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  }

  /** Removes the indentation, which depends on the depth of the excerpt in its file. */
  function flush(text: string): string {
    return text.replace(/^[ \t]+/gm, "");
  }
});

function startTutorial(port?: number): Promise<ExampleServer> {
  return ExampleServer.start("tutorial", { DEBUG: "0" }, port);
}

/** One visitor: the page in a browser context of its own. */
class Tab {
  readonly page: Page;
  /** The errors that the page wrote to the console or threw. */
  readonly problems: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("console", (message) => {
      if (message.type() === "error") this.problems.push(message.text());
    });
    page.on("pageerror", (error) => this.problems.push(String(error)));
  }

  /** Opens the page and waits for its greetings. */
  static async open(browser: Browser, url: string): Promise<Tab> {
    const tab = new Tab(await (await browser.newContext()).newPage());
    await tab.page.goto(url);
    await tab.receives("Received #1: I'm connected!");
    return tab;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async submit(form: string, fields: Record<string, string>): Promise<void> {
    for (const [id, text] of Object.entries(fields)) await this.page.fill(`form#${form} #${id}`, text);
    await this.page.click(`form#${form} button[type=submit]`);
  }

  /** Waits until a line is in the log `times` times, by default once. */
  async receives(line: string | RegExp, times = 1): Promise<void> {
    const matches = (text: string) => (typeof line === "string" ? text === line : line.test(text));
    await vi.waitFor(async () => {
      const lines = await this.lines();
      expect(lines.filter(matches), `"${line}" in the log:\n${lines.join("\n")}\n`).toHaveLength(times);
    }, patience);
  }

  async shows(selector: string, text: RegExp): Promise<void> {
    await vi.waitFor(async () => expect(await this.page.textContent(selector)).toMatch(text), patience);
  }

  /** The text of the button that has the focus, or the id of the field. */
  async focused(): Promise<string> {
    return String(
      await this.page.evaluate(
        "document.activeElement.textContent.trim().slice(0, 40) || document.activeElement.id",
      ),
    );
  }

  async sid(): Promise<string> {
    return String(await this.page.evaluate("socket.id"));
  }

  /** The log without the server's periodic events, which may come at any time. */
  async lines(): Promise<string[]> {
    return (await this.#log()).filter((line) => !line.includes(serverEvent));
  }

  async serverLines(): Promise<string[]> {
    return (await this.#log()).filter((line) => line.includes(serverEvent));
  }

  #log(): Promise<string[]> {
    return this.page.locator("#log > *").allTextContents();
  }
}
