/** The client of `roomcast/client` in a real browser, beside the stock one. */

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { SocketIO } from "roomcast";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { freePort } from "../support/free-port.ts";
import { soon } from "../support/waiting.ts";
import { skipsBrowser } from "./support/browser.ts";
import { Devtools, type DevtoolsPage } from "./support/devtools.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The page: both clients in a recoverable namespace, what each has received, and when it was connected. */
const page = `<!doctype html><title>Clients</title>
<script src="/small.js"></script><script src="/stock.js"></script>
<script>
  const small = roomcast.connect(location.origin, { retries: 9, timeout: 5000 });
  const stock = io({ transports: ["websocket"], forceNew: true });
  const clients = { small, stock }, got = { small: [], stock: [] }, connected = { small: [], stock: [] }, states = [];
  let wokeAt = 0, sent = 0, awake = [], counts = 1;
  for (const name of ["small", "stock"]) {
    clients[name].on("news", (value) => got[name].push(value));
    clients[name].on("connect", () => connected[name].push([Date.now() - wokeAt, clients[name].recovered]));
  }
  small.subscribe(() => states.push(small.state));
  const woke = (event) => {
    if (event.type === "pageshow" && !event.persisted) return;
    if (event.type === "resume" || event.type === "pageshow" || event.type === "online") {
      wokeAt = Date.now(); awake.push(event.type);
    }
  };
  for (const target of [document, window]) for (const type of ["resume", "pageshow", "online"]) target.addEventListener(type, woke);
  const sender = setInterval(() => small.emit("note", sent++), 20);
</script>`;

/** From the moment in which the page wakes to the connection, in ms, by the page's clock. */
interface Returns {
  readonly small: readonly [after: number, recovered: boolean];
  readonly stock: readonly [after: number, recovered: boolean];
}

describe.skipIf(skipsBrowser || isSkipped("redis"))("a page", () => {
  let browser: Devtools;
  let broker: Broker;
  let server: Server;
  let socketio: SocketIO;
  let tab: DevtoolsPage;
  let port = 0;
  /** The numbers that the page has sent, and how many the server has sent. */
  const notes: number[] = [];
  let news = 0;
  let timer: NodeJS.Timeout;
  let files: Record<string, string> = {};

  async function serve(): Promise<void> {
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://page");
      response.setHeader("content-type", pathname.endsWith(".js") ? "text/javascript" : "text/html");
      response.end(files[pathname] ?? "");
    });
    socketio = new SocketIO(server, {
      messageQueue: broker.url,
      recovery: true,
      dedupe: { maxIds: 10_000 },
      pingInterval: 300,
      pingTimeout: 700,
      logger: { info() {}, warn() {}, error() {} },
    });
    socketio.on("note", (number: number) => void notes.push(number));
    ({ port } = await socketio.run({ port }));
    timer = setInterval(() => socketio.emit("news", news++), 20);
  }

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [`${root}src/client.ts`],
      bundle: true,
      format: "iife",
      globalName: "roomcast",
      platform: "browser",
      write: false,
    });
    files = {
      "/": page,
      "/away": "<!doctype html>Away",
      "/small.js": outputFiles[0]?.text ?? "",
      "/stock.js": readFileSync(`${root}node_modules/socket.io-client/dist/socket.io.min.js`, "utf8"),
    };
    [browser, broker] = await Promise.all([Devtools.launch(), Broker.redis()]);
    await serve();
    tab = await browser.open(`http://127.0.0.1:${port}`);
  }, 60_000);
  afterAll(async () => {
    clearInterval(timer);
    await browser?.close();
    await socketio?.stop();
    await broker?.kill();
  });

  /** Waits until both clients are back once more. */
  async function returns(): Promise<Returns> {
    const count = await tab.evaluate<number>("counts += 1");
    await soon(() =>
      tab.evaluate<string>("JSON.stringify([connected.small.length, connected.stock.length])"),
    ).toBe(JSON.stringify([count, count]));
    return tab.evaluate("({ small: connected.small.at(-1), stock: connected.stock.at(-1) })");
  }

  /**
   * Has the page lose its connections and wake, until the small client is back within 0.3 s. A busy machine
   * may take longer, but not five times.
   */
  async function isBackAtOnce(sleepAndWake: () => Promise<void>): Promise<void> {
    for (let round = 1; ; round++) {
      await sleepAndWake();
      const { small, stock } = await returns();
      expect(small[1]).toBe(true);
      expect(small[0]).toBeLessThan(Math.max(300, stock[0]));
      if (small[0] <= 300) return;
      if (round === 5) expect(small[0]).toBeLessThanOrEqual(300);
    }
  }

  it("connects both clients", async () => {
    await soon(() => tab.evaluate("connected.small.length + connected.stock.length")).toBe(2);
  });

  it("is told why another server does not take it", async () => {
    const failure = (url: string) =>
      tab.evaluate<{ code: string; message: string; state: string }>(`new Promise((resolve) => {
        const socket = roomcast.connect("${url}");
        socket.on("connect_error", ({ code, message }) => {
          resolve({ code, message, state: socket.state });
          socket.disconnect();
        });
      })`);
    // The same server under another name: to it, the page is foreign.
    expect(await failure(`http://localhost:${port}`)).toMatchObject({
      code: "ERR_REFUSED",
      message: expect.stringContaining("check path, origins and proxies"),
      state: "connecting",
    });
    expect(await failure(`http://127.0.0.1:${await freePort()}`)).toMatchObject({
      code: "ERR_UNREACHABLE",
      message: expect.stringContaining("cannot be reached"),
      state: "connecting",
    });
  });

  it("is back at once after it was frozen, long before the stock client", async () => {
    await isBackAtOnce(async () => {
      await tab.freeze();
      await soon(() => socketio.clientCount).toBe(0);
      await tab.resume();
    });
  });

  it("is back at once when the network is, long before the stock client", async () => {
    await isBackAtOnce(async () => {
      await tab.setOffline(true);
      await soon(() => tab.evaluate("small.state + stock.connected")).toBe("resumingfalse");
      await soon(() => socketio.clientCount).toBe(0);
      // The stock client has waited longer and longer by now.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await tab.setOffline(false);
    });
  });

  it("is back at once from the back/forward cache, long before the stock client", async () => {
    await isBackAtOnce(async () => {
      await tab.go(`http://127.0.0.1:${port}/away`);
      await soon(() => tab.evaluate("document.title + location.pathname")).toBe("/away");
      await tab.evaluate("history.back()");
      await soon(() => tab.evaluate("document.title")).toBe("Clients");
      expect(await tab.evaluate("awake.includes('pageshow')")).toBe(true);
    });
  });

  it("comes back to a server that was started again", async () => {
    clearInterval(timer);
    await socketio.stop();
    await soon(() => tab.evaluate("small.state")).toBe("resuming");
    await serve();
    const { small } = await returns();
    expect(small[1]).toBe(true);
  });

  it("has lost nothing through all of it, and got nothing twice", async () => {
    clearInterval(timer);
    const sent = await tab.evaluate<number>("clearInterval(sender), sent");
    await soon(() => notes.length).toBe(sent);
    expect(notes).toEqual(Array.from({ length: sent }, (_, index) => index));
    await soon(() => tab.evaluate("got.small.length")).toBe(
      news - (await tab.evaluate<number>("got.small[0]")),
    );
    const [first, ...others] = await tab.evaluate<number[]>("got.small");
    expect(others).toEqual(
      Array.from({ length: news - 1 - (first ?? 0) }, (_, index) => (first ?? 0) + 1 + index),
    );
    expect(await tab.evaluate("states.includes('offline')")).toBe(false);
  });
});
