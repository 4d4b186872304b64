/** The recipes of docs/react.md for Vue, Svelte and Solid, in a real browser and on a server. */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { emit, SocketIO } from "roomcast";
import { compile } from "svelte/compiler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { soon } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const frameworks = ["vue", "svelte", "solid"] as const;
type Framework = (typeof frameworks)[number];

/** A component that uses a recipe, and how pages show it and servers render it. */
const programs: Record<Framework, { component: string; show: string; render: string }> = {
  vue: {
    component: `
      import { h, ref } from "vue";
      import { useLatest, useSocketState, whileShown } from "recipe";
      export default {
        props: ["socket"],
        setup({ socket }) {
          const state = useSocketState(socket);
          const topic = useLatest("none", (set) => socket.on("topic", set));
          const lines = ref([]);
          whileShown(() => socket.on("said", (text) => lines.value.push(text)));
          return () => h("p", [state.value, topic.value, ...lines.value].join(" "));
        },
      };`,
    show: `
      import { createApp } from "vue";
      window.show = (socket, target) => {
        const app = createApp(Component, { socket });
        app.mount(target);
        return () => app.unmount();
      };`,
    render: `
      import { createSSRApp } from "vue";
      import { renderToString } from "vue/server-renderer";
      export const render = (socket) => renderToString(createSSRApp(Component, { socket }));`,
  },
  svelte: {
    component: `
      <script>
        import { onMount } from "svelte";
        import { latest, socketState } from "recipe";
        const { socket } = $props();
        const connection = socketState(socket);
        const topic = latest("none", (set) => socket.on("topic", set));
        const lines = $state([]);
        onMount(() => socket.on("said", (text) => lines.push(text)));
      </script>
      <p>{[connection.current, topic.current, ...lines].join(" ")}</p>`,
    show: `
      import { flushSync, mount, unmount } from "svelte";
      window.show = (socket, target) => {
        const app = mount(Component, { target, props: { socket } });
        flushSync();
        return () => void unmount(app);
      };`,
    render: `
      import { render as renderComponent } from "svelte/server";
      export const render = (socket) => renderComponent(Component, { props: { socket } }).body;`,
  },
  solid: {
    component: `
      import { createMemo, createSignal } from "solid-js";
      import { createLatest, createSocketState, whileShown } from "recipe";
      export default ({ socket }) => {
        const state = createSocketState(socket);
        const topic = createLatest("none", (set) => socket.on("topic", set));
        const [lines, setLines] = createSignal([]);
        whileShown(() => socket.on("said", (text) => setLines((before) => [...before, text])));
        return createMemo(() => [state(), topic(), ...lines()].join(" "));
      };`,
    show: `
      import { createComponent, render } from "solid-js/web";
      window.show = (socket, target) => render(() => createComponent(Component, { socket }), target);`,
    render: `
      import { createComponent, renderToString } from "solid-js/web";
      export const render = (socket) => renderToString(() => createComponent(Component, { socket }));`,
  },
};

/** A bundle of a component and its recipe, as the page has it. */
async function bundle(framework: Framework, program: "show" | "render"): Promise<string> {
  const page = await readFile(join(root, "docs/react.md"), "utf8");
  const recipe = new RegExp(`^\`\`\`ts ${framework}\\.ts\\n([\\s\\S]*?)^\`\`\``, "m").exec(page)?.[1] ?? "";
  expect(recipe.split("\n").length, "the lines of a recipe").toBeLessThan(37);
  const forServer = program === "render";
  const { component } = programs[framework];
  const files: Record<string, string> = {
    recipe,
    component:
      framework === "svelte"
        ? compile(component, { generate: forServer ? "server" : "client", filename: "Chat.svelte" }).js.code
        : component,
    main: `import Component from "component"; import { connect } from "roomcast/client"; ${programs[framework][program]}
      ${forServer ? "export { connect };" : "window.connect = connect;"}`,
  };
  const parts: Plugin = {
    name: "parts",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^(recipe|component|main)$/ }, ({ path }) => ({ path, namespace: "part" }));
      onLoad({ filter: /./, namespace: "part" }, ({ path }) => ({
        contents: files[path] ?? "",
        loader: "ts",
        resolveDir: root,
      }));
    },
  };
  const { outputFiles } = await build({
    entryPoints: ["main"],
    bundle: true,
    plugins: [parts],
    alias: { "roomcast/client": `${root}src/client.ts` },
    format: forServer ? "esm" : "iife",
    platform: forServer ? "node" : "browser",
    // Bundled packages that are no modules look for Node's.
    banner: forServer
      ? { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' }
      : {},
    define: {
      "process.env.NODE_ENV": '"production"',
      __VUE_OPTIONS_API__: "false",
      __VUE_PROD_DEVTOOLS__: "false",
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: "false",
    },
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

describe.each(frameworks)("rendering the recipe for %s on a server", (framework) => {
  it("shows the first values, and opens no connection", async () => {
    const folder = await mkdtemp(join(tmpdir(), "roomcast-recipe-"));
    try {
      const file = join(folder, "program.mjs");
      await writeFile(file, await bundle(framework, "render"));
      const { connect, render } = await import(pathToFileURL(file).href);
      const socket = connect("http://127.0.0.1:9", { autoConnect: false });
      expect((await render(socket)).replace(/<!--.*?-->/g, "")).toMatch(/^(<p.*?>)?connecting none(<\/p>)?$/);
      expect(socket.state).toBe("closed");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe.skipIf(skipsBrowser)("a page", () => {
  let browser: Browser;
  let socketio: SocketIO;
  let port = 0;
  beforeAll(async () => {
    const scripts = Object.fromEntries(
      await Promise.all(frameworks.map(async (name) => [`/${name}.js`, await bundle(name, "show")] as const)),
    );
    const server = createServer(({ url = "" }, response) => {
      response.setHeader("content-type", url.endsWith(".js") ? "text/javascript" : "text/html");
      response.end(scripts[url] ?? `<!doctype html><div></div><script src="${url}.js"></script>`);
    });
    socketio = new SocketIO(server, { logger: { info() {}, warn() {}, error() {} } });
    socketio.on("connect", () => emit("topic", "tea"));
    socketio.on("double", (value: number) => value * 2);
    ({ port } = await socketio.run({ port: 0 }));
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await socketio?.stop();
  });

  it.each(frameworks)(
    "of %s shows a socket's state and events, and connects while it is shown",
    async (name) => {
      const page: Page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      const text = () => page.evaluate<string>("document.querySelector('div').textContent.trim()");
      const show = "hide = show(socket, document.querySelector('div'))";
      try {
        await page.goto(`http://127.0.0.1:${port}/${name}`);
        await page.evaluate("globalThis.socket = connect({ autoConnect: false })");
        expect(
          await page.evaluate(`globalThis.${show}; document.querySelector('div').textContent.trim()`),
        ).toBe("connecting none");
        await soon(text).toBe("connected tea");
        socketio.emit("said", "a");
        socketio.emit("said", "b");
        socketio.emit("topic", "milk");
        await soon(text).toBe("connected milk a b");
        expect(await page.evaluate("socket.call('double', 21)")).toBe(42);
        // A component that takes the place of another keeps the connection.
        const id = await page.evaluate<string>("socket.id");
        await page.evaluate(`hide(); ${show}`);
        await soon(text).toBe("connected none");
        socketio.emit("said", "c");
        await soon(text).toBe("connected none c");
        expect(await page.evaluate("socket.id")).toBe(id);
        await page.evaluate("hide()");
        await soon(() => socketio.clientCount).toBe(0);
        expect(await page.evaluate("socket.state")).toBe("closed");
        await page.evaluate(show);
        await soon(text).toBe("connected tea");
        expect(errors).toEqual([]);
      } finally {
        await page.close();
        await soon(() => socketio.clientCount).toBe(0);
      }
    },
  );
});
