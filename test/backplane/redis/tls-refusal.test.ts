import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import { expect, it, onTestFinished } from "vitest";
import { tlsRefusal } from "../../../src/backplane/redis/tls-refusal.ts";
import { makeCertificate } from "../../support/brokers.ts";

const reset = Object.assign(new Error("write ECONNRESET"), { code: "ECONNRESET" });

/** A server of TLS, and the options of a socket to it. */
async function serve(options: TlsOptions) {
  const folder = mkdtempSync(join(tmpdir(), "roomcast-refusal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = makeCertificate(folder, "DNS:localhost");
  const [cert, key] = [readFileSync(files.certificate), readFileSync(files.key)];
  const server = createServer({ cert, key, ca: cert, ...options }, (socket) => socket.destroy());
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { tls: true, host: "127.0.0.1", servername: "localhost", port, ca: cert };
}

it("is that the server wants a certificate", async () => {
  const socket = await serve({ requestCert: true, rejectUnauthorized: true });
  expect(await tlsRefusal(reset, socket)).toMatchObject({
    code: "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
  });
});

it("is not known where the server gives no reason, without TLS, or for another error", async () => {
  const socket = await serve({});
  expect(await tlsRefusal(reset, socket)).toBeNull();
  expect(await tlsRefusal(reset, { ...socket, tls: false })).toBeNull();
  expect(await tlsRefusal(reset, undefined)).toBeNull();
  expect(await tlsRefusal(new Error("WRONGPASS"), socket)).toBeNull();
});
