/** The nginx block of docs/deployment.md, in a real nginx, with a real browser in front of it. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request, SocketIO } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../support/free-port.ts";
import { deadline } from "../support/waiting.ts";
import { launchBrowser, skipsBrowser } from "./support/browser.ts";
import { connect, transports } from "./support/clients.ts";
import { ask } from "./support/http.ts";

const skipsNginx = process.env.ROOMCAST_SKIP_NGINX === "1";
const page = readFileSync(fileURLToPath(new URL("../../docs/deployment.md", import.meta.url)), "utf8");
const [, block = ""] = /^```nginx\n(.*?)^```$/ms.exec(page) ?? [];

describe.skipIf(skipsNginx)("the block for nginx in docs/deployment.md", () => {
  it("passes on each transport, the client's own address, and its protocol", async () => {
    const url = await startSite();
    for (const transport of transports) {
      const client = await connect(url, { transports: [transport], extraHeaders: { origin: url } });
      expect(await client.emitWithAck("where from")).toEqual({ address: "127.0.0.1", secure: false });
      expect(await client.emitWithAck("large", "x".repeat(900_000))).toBe(900_000);
    }
  });

  it("passes on the site's name, which the server then accepts as its host", async () => {
    const headers = { host: "chat.example", origin: "http://chat.example" };
    const answer = await ask(`${await startSite()}/socket.io/?EIO=4&transport=polling`, { headers });
    expect(answer.status).toBe(200);
  });

  it.skipIf(skipsBrowser)(
    "lets a page of the site connect, and keeps pages of others out",
    async () => {
      const url = await startSite();
      const browser = await launchBrowser();
      onTestFinished(() => browser.close());
      const tab = await browser.newPage();
      await tab.goto(url);
      await expect.poll(() => tab.title(), { timeout: 10_000 }).toBe("connected");
      const stranger = await startPage(url);
      await tab.goto(stranger);
      await expect.poll(() => tab.title(), { timeout: 10_000 }).toBe("connect_error");
    },
    40_000,
  );
});

/** Runs a program behind nginx with the block of the page, except for its ports. Returns nginx's address. */
async function startSite(): Promise<string> {
  const [port, own] = [await freePort(), await freePort()];
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(clientPage(""));
  });
  const socketio = new SocketIO(server, { trustedProxies: ["127.0.0.1"] });
  socketio.on("where from", () => ({ address: request.address, secure: request.secure }));
  socketio.on("large", (text: string) => text.length);
  await socketio.run({ port: own, signals: false });
  onTestFinished(() => socketio.stop());
  await startNginx(
    port,
    block.replace("listen 80;", `listen 127.0.0.1:${port};`).replace("127.0.0.1:5000", `127.0.0.1:${own}`),
  );
  return `http://127.0.0.1:${port}`;
}

/** A page of another origin that connects to a site. */
async function startPage(url: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(clientPage(url));
  });
  const port = await freePort();
  await once(server.listen(port, "127.0.0.1"), "listening");
  onTestFinished(async () => void server.close());
  return `http://127.0.0.1:${port}`;
}

/** The title of the page shows the result of the connection. */
function clientPage(url: string): string {
  return `<title>waiting</title><script src="${url}/socket.io/socket.io.js"></script><script>
    const socket = io(${url === "" ? "" : JSON.stringify(url)});
    for (const event of ["connect", "connect_error"]) socket.on(event, () => { document.title = event === "connect" ? "connected" : event; });
  </script>`;
}

async function startNginx(port: number, site: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-nginx-"));
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    `${process.getuid?.() === 0 ? "user root root;" : ""} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1; events {} http { access_log off; ${paths.join(" ")} ${site} }`,
  );
  // nginx would read the variable as sockets that an earlier nginx passed on.
  const { NGINX: program = "/usr/sbin/nginx", ...env } = process.env;
  const nginx: ChildProcess = spawn(
    program,
    ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")],
    { stdio: "ignore", env },
  );
  onTestFinished(async () => {
    if (nginx.exitCode === null) {
      const ended = once(nginx, "exit");
      nginx.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  });
  const isUp = () =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
  const complaints = () => (nginx.exitCode === null ? "" : readFileSync(join(folder, "error.log"), "utf8"));
  await expect.poll(async () => (await isUp()) || complaints(), { timeout: deadline }).toBe(true);
}
