/** A build of Nitro 3, served as the page on runtimes says. */

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { emit, SocketIO } from "roomcast";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { connect, next, transports, upgraded } from "./support/clients.ts";

const folder = fileURLToPath(new URL("nitro/", import.meta.url));
const run = promisify(execFile);

/** What the preset `node_middleware` exports. */
interface Build {
  readonly middleware: RequestListener;
}

let built: Build;

beforeAll(async () => {
  if (!existsSync(`${folder}node_modules/nitro`))
    await run("npm", ["ci", "--prefix", folder, "--ignore-scripts"]);
  const nitro = `${folder}node_modules/nitro/dist/cli/index.mjs`;
  await run(process.execPath, [nitro, "build"], { cwd: folder });
  built = (await import(`${folder}node_modules/.cache/output/server/index.mjs`)) as Build;
}, 240_000);

async function serve(): Promise<string> {
  const socketio = new SocketIO(createServer(built.middleware));
  onTestFinished(() => socketio.stop());
  socketio.on("say", (text: string) => {
    emit("said", text, { broadcast: true });
    return "delivered";
  });
  const { url } = await socketio.run({ port: 0, host: "127.0.0.1" });
  return url;
}

it.each(transports)("Clients are served beside the routes of Nitro over %s", async (transport) => {
  const url = await serve();
  const client = await connect(url, { transports: [transport] });
  const said = next(client, "said");
  expect(await client.emitWithAck("say", "hello")).toBe("delivered");
  expect(await said).toBe("hello");
  expect(await (await fetch(url)).text()).toBe("home");
});

it("Clients move from polling to a WebSocket beside Nitro", async () => {
  const client = await connect(await serve());
  await upgraded(client);
  expect(await client.emitWithAck("say", "hello")).toBe("delivered");
});
