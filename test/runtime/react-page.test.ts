/** The hooks of `roomcast/react` in a real browser, with both versions of React, and on a server. */

import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { emit, SocketIO } from "roomcast";
import { useLatest, usePresence, useSocket } from "roomcast/react";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soon } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A page of components that use every hook. `window` gets its controls. */
const source = `
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { useCall, useEvent, useLatest, usePresence, useSocket } from "roomcast/react";

let token = 0;
window.renders = 0;
window.heard = [];

function Chat({ name }) {
  window.renders++;
  const { socket, state, error } = useSocket({ auth: () => ({ token: ++token }) });
  const [count, setCount] = useState(0);
  useEvent(socket, "said", (text) => { window.heard.push(name + count + text); setCount(count + 1); });
  const latest = useLatest(socket, "said", "none");
  const people = usePresence(socket, "people");
  const { call, data, error: failure, pending } = useCall(socket, "double");
  window.call = call;
  window.socket = socket;
  return <p id={name}>{[state, error?.code ?? "-", latest, people.join("+"), pending ? "pending" : "idle", data ?? "-", failure?.code ?? "-"].join(" ")}</p>;
}

function App() {
  const [names, setNames] = useState(["a", "b"]);
  window.show = setNames;
  return names.map((name) => <Chat key={name} name={name} />);
}
createRoot(document.getElementById("root")).render(<StrictMode><App /></StrictMode>);
`;

describe("rendering on a server", () => {
  it("shows the first state, and opens no connection", () => {
    function Status() {
      const { socket, state } = useSocket("http://127.0.0.1:9");
      const latest = useLatest(socket, "said", "none");
      const people = usePresence(socket, "people");
      return createElement("p", null, `${state} ${latest} ${people.length}`);
    }
    function OwnServer() {
      return createElement("p", null, useSocket().state);
    }
    expect(renderToString(createElement(Status))).toBe("<p>connecting none 0</p>");
    expect(renderToString(createElement(OwnServer))).toBe("<p>connecting</p>");
  });
});

describe.skipIf(skipsBrowser)("a page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it.each([
    ["React 19", "react", "react-dom"],
    ["React 18", "react-18", "react-dom-18"],
  ])("has one connection, and what its components show: %s", async (_name, react, dom) => {
    const { outputFiles } = await build({
      stdin: { contents: source, loader: "jsx", resolveDir: root },
      bundle: true,
      format: "iife",
      jsx: "automatic",
      jsxDev: true,
      platform: "browser",
      define: { "process.env.NODE_ENV": '"development"' },
      alias: {
        react: `${root}node_modules/${react}`,
        "react-dom": `${root}node_modules/${dom}`,
        "roomcast/react": `${root}src/react.ts`,
      },
      write: false,
    });
    const script = outputFiles[0]?.text ?? "";
    const server = createServer((request, response) => {
      const isScript = request.url === "/page.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(
        isScript ? script : '<!doctype html><div id="root"></div><script src="/page.js"></script>',
      );
    });
    const socketio = new SocketIO(server, { logger: { info() {}, warn() {}, error() {} } });
    let joins = 0;
    let answer = (_value: number) => {};
    const tokens: unknown[] = [];
    socketio.on("connect", (auth) => {
      joins++;
      tokens.push(auth?.token);
      emit("people", ["ann"]);
    });
    socketio.on(
      "double",
      (value: number) =>
        new Promise((resolve, reject) => {
          answer = (factor) => (factor > 0 ? resolve(value * factor) : reject(new Error("no")));
        }),
    );
    const { port } = await socketio.run({ port: 0 });
    const page: Page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("favicon")) errors.push(message.text());
    });
    const text = (id: string) => page.evaluate<string>(`document.getElementById("${id}")?.textContent`);
    try {
      await page.goto(`http://127.0.0.1:${port}/`);
      await soon(() => text("a")).toBe("connected - none ann idle - -");
      await soon(() => text("b")).toBe("connected - none ann idle - -");
      socketio.emit("people", { online: ["bob"] });
      socketio.emit("said", "x");
      await soon(() => text("b")).toBe("connected - x ann+bob idle - -");
      socketio.emit("said", "y");
      await soon(() => text("b")).toBe("connected - y ann+bob idle - -");
      // Each event once, by the handler of the latest rendering.
      expect(await page.evaluate("heard.toSorted().join()")).toBe("a0x,a1y,b0x,b1y");

      await page.evaluate("void call(21)");
      await soon(() => text("b")).toBe("connected - y ann+bob pending - -");
      answer(2);
      await soon(() => text("b")).toBe("connected - y ann+bob idle 42 -");
      await page.evaluate("void call(21)");
      await soon(() => text("b")).toBe("connected - y ann+bob pending 42 -");
      answer(0);
      await soon(() => text("b")).toBe("connected - y ann+bob idle - ERR_HANDLER_FAILED");

      // A component that is replaced, as by fast refresh, finds the connection and the latest value.
      await page.evaluate("show([])");
      await page.evaluate("show(['c'])");
      await soon(() => text("c")).toBe("connected - y ann+bob idle - -");
      expect(joins).toBe(1);
      await page.evaluate("show([])");
      await soon(() => socketio.clientCount).toBe(0);
      await page.evaluate("show(['d'])");
      // The latest values were those of the connection before, and perhaps of another user.
      await soon(() => text("d")).toBe("connected - none ann idle - -");
      expect(joins).toBe(2);
      expect(tokens).toEqual([1, 2]);
      expect(errors).toEqual([]);
    } finally {
      await page.close();
      await socketio.stop();
    }
  });
});
