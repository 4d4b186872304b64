/**
 * A browser over its own protocol, without a library in between: such a library keeps pages visible and out
 * of the back/forward cache.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket } from "ws";
import { within } from "../../support/waiting.ts";

interface Reply {
  readonly id?: number;
  readonly result?: object;
  readonly error?: { message: string };
}

/** A running browser. */
export class Devtools {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  private constructor(process: ChildProcess, folder: string, socket: WebSocket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
    socket.on("message", (message) => {
      const reply = JSON.parse(String(message)) as Reply;
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
    });
  }

  /** Starts a browser without a window. */
  static async launch(): Promise<Devtools> {
    const folder = await mkdtemp(join(tmpdir(), "roomcast-chromium-"));
    const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-quic"];
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"];
    const child = spawn(
      process.env.CHROMIUM ?? "/usr/bin/chromium",
      [...flags, ...quiet, "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let said = "";
    const url = await within(
      "the browser's address",
      new Promise<string>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", () => reject(new Error(`The browser ended: ${said}`)));
        child.stderr?.on("data", (text) => {
          said += text;
          const [, found] = /listening on (ws:\S+)/.exec(said) ?? [];
          if (found !== undefined) resolve(found);
        });
      }),
    );
    const socket = new WebSocket(url);
    await within("the browser", new Promise((resolve) => socket.once("open", resolve)));
    return new Devtools(child, folder, socket);
  }

  /** Opens a page. */
  async open(url: string): Promise<DevtoolsPage> {
    const { targetId } = await this.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send<{ sessionId: string }>("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const page = new DevtoolsPage(this, sessionId);
    await page.send("Page.enable");
    await page.send("Network.enable");
    await page.go(url);
    return page;
  }

  /** Has the browser do something. */
  async send<Result>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#lastId;
    const reply = within(
      `the browser's answer to ${method}`,
      new Promise<Reply>((resolve) => this.#waiting.set(id, resolve)),
    );
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    const { result, error } = await reply;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result as Result;
  }

  async close(): Promise<void> {
    this.#socket.close();
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGKILL");
    await ended;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** A page of the browser. */
export class DevtoolsPage {
  readonly #browser: Devtools;
  readonly #session: string;

  constructor(browser: Devtools, session: string) {
    this.#browser = browser;
    this.#session = session;
  }

  send<Result>(method: string, params: object = {}): Promise<Result> {
    return this.#browser.send(method, params, this.#session);
  }

  async go(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
  }

  /** The value of an expression in the page. */
  async evaluate<Value>(expression: string): Promise<Value> {
    const { result, exceptionDetails } = await this.send<{
      result: { value: Value };
      exceptionDetails?: { exception?: { description?: string } };
    }>("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception?.description);
    return result.value;
  }

  /** Freezes the page, as browsers do with tabs in the background. */
  async freeze(): Promise<void> {
    await this.send("Page.setWebLifecycleState", { state: "frozen" });
  }

  async resume(): Promise<void> {
    await this.send("Page.setWebLifecycleState", { state: "active" });
  }

  async setOffline(offline: boolean): Promise<void> {
    const speed = { latency: 0, downloadThroughput: -1, uploadThroughput: -1 };
    await this.send("Network.emulateNetworkConditions", { offline, ...speed });
  }
}
