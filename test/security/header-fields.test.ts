/** Every header field that Roomcast reads, with the longest and slowest value that Node lets through. */

import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SocketIO, type SocketIOOptions } from "roomcast";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseAst } from "vitest/node";
import { LogLines } from "../support/log-lines.ts";
import { PollingSession } from "../support/raw-client.ts";
import { upgradeFields } from "./hostile-client.ts";

const source = fileURLToPath(new URL("../../src", import.meta.url));

/** The longest time that a request may take, in ms. */
const longestTime = 5;
const blanks = 16 * 1024;

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as Node).type === "string";

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (!isNode(value)) return [];
  return [value, ...Object.values(value).flatMap(nodesOf)];
}

/** The name of a property, where it is not computed. */
function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const name = node.type === "Identifier" ? node.name : node.value;
  return typeof name === "string" ? name : undefined;
}

/** Whether an expression stands for the header fields of a message. */
function isFields(node: unknown): boolean {
  if (!isNode(node)) return false;
  if (node.type === "Identifier") return node.name === "headers";
  return node.type === "MemberExpression" && nameOf(node.property) === "headers";
}

/** The header fields that a source reads, and what it does with them under another name. */
function reads(text: string, path: string): { fields: string[]; faults: string[] } {
  const fields: string[] = [];
  const faults: string[] = [];
  const add = (name: string | undefined) => void (name !== undefined && fields.push(name.toLowerCase()));
  for (const node of nodesOf(parseAst(text, { lang: "ts" }, path))) {
    if (node.type === "MemberExpression" && isFields(node.object)) {
      if (node.computed !== true || (node.property as Node).type === "Literal") add(nameOf(node.property));
    } else if (node.type === "CallExpression") {
      const callee = node.callee as Node;
      const [first] = node.arguments as Node[];
      if (callee.type === "MemberExpression" && isFields(callee.object)) add(nameOf(first));
    } else if (node.type === "VariableDeclarator" && isFields(node.init)) {
      const target = node.id as Node;
      if (target.type === "ObjectPattern")
        for (const property of target.properties as Node[]) add(nameOf(property.key));
      else if (nameOf(target) !== "headers") faults.push(`${path} calls them ${nameOf(target)}`);
    }
  }
  return { fields, faults };
}

/** Messages of brokers have header fields, too. */
const sources = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (path) => path.endsWith(".ts") && !path.startsWith("backplane"),
);
const found = sources.map((path) => reads(readFileSync(join(source, path), "utf8"), path));
/** Methods, and names that are not fields of a request. */
const others = ["get", "push", "connection"];
/** The package `ws` reads this one where messages are compressed. */
const fields = [...new Set([...found.flatMap((file) => file.fields), "sec-websocket-extensions"])]
  .filter((name) => !others.includes(name) && !name.startsWith("access-control-") && !name.startsWith(":"))
  .toSorted();

/** Values that make a careless reader slow. The blanks are in the middle: Node removes those at the ends. */
const values = {
  blanks: `x${" ".repeat(blanks)}x`,
  tabs: `x${"\t".repeat(blanks)}x`,
  "blanks behind a comma": `gzip,${" ".repeat(blanks)};`,
  "blanks behind a weight": `gzip;q=0${" ".repeat(blanks)}x`,
  "blanks in an address": `http://${" ".repeat(blanks)}x`,
  "blanks in a cookie": `a=b;${" ".repeat(blanks)}c=d`,
};

interface Site {
  readonly port: number;
  /** How long the last request was handled, until the end of its tick, in ms. */
  took(): Promise<number>;
}

async function startSite(options: SocketIOOptions): Promise<Site> {
  const http = createServer({ maxHeaderSize: 64 * 1024 });
  const socketio = new SocketIO(http, { logger: new LogLines(), ...options });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await socketio.stop();
    http.closeAllConnections();
    http.close();
  });
  const emit = http.emit;
  let times: Promise<number>[] = [];
  http.emit = function (this: typeof http, event: string, ...rest: unknown[]) {
    const start = performance.now();
    const isHeard = Reflect.apply(emit, this, [event, ...rest]) as boolean;
    if (event === "request" || event === "upgrade")
      times.push(new Promise((resolve) => setImmediate(() => resolve(performance.now() - start))));
    return isHeard;
  };
  return {
    port: (http.address() as AddressInfo).port,
    async took() {
      const all = await Promise.all(times);
      times = [];
      return Math.max(0, ...all);
    },
  };
}

/** Sends a request and reads the beginning of its answer. */
async function send(port: number, head: string): Promise<void> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => {
    socket.on("error", () => {});
    // A request whose body has no length gets no answer.
    socket.setTimeout(200, () => resolve());
    socket.once("data", () => resolve());
    socket.once("close", () => resolve());
    socket.write(head, "latin1");
  });
  socket.destroy();
}

/** A request with one more field, which replaces its own field of this name. Its body is a packet. */
function withField(head: string, name: string, value: string): string {
  const lines = head.split("\r\n").filter((line) => !line.toLowerCase().startsWith(`${name}:`));
  const body = head.startsWith("POST") ? "3" : "";
  return `${lines.filter(Boolean).join("\r\n")}\r\n${name}: ${value}\r\n\r\n${body}`;
}

const options: SocketIOOptions = {
  trustedProxies: ["127.0.0.1", "10.0.0.0/8"],
  cors: { origin: [/^https:\/\/[\w.-]+\.example\.com$/] },
  cookie: true,
  compressionThreshold: 0,
};

describe("header fields", () => {
  it("that src/ reads are all known here", () => {
    expect(found.flatMap(({ faults }) => faults)).toEqual([]);
    expect(fields).toEqual(
      expect.arrayContaining(["accept-encoding", "host", "if-none-match", "origin", "upgrade"]),
    );
    expect(fields).toEqual(expect.arrayContaining(["cookie", "content-type", "x-forwarded-for"]));
    const text =
      'a.headers.one; headers["two"]; headers.get("Three"); const { four } = a.headers; const { headers } = a;';
    expect(reads(text, "a.ts")).toEqual({ fields: ["one", "two", "three", "get", "four"], faults: [] });
    expect(reads("const fields = request.headers;", "a.ts").faults).toEqual(["a.ts calls them fields"]);
  });

  it.each(fields)("with 16 KB of blanks are read in no time: %s", async (name) => {
    const site = await startSite(options);
    const { handshake } = await PollingSession.open(`http://127.0.0.1:${site.port}`);
    const host = "Host: 127.0.0.1\r\n";
    const polling = "/socket.io/?EIO=4&transport=polling";
    const heads = [
      `GET ${polling} HTTP/1.1\r\n${host}`,
      `OPTIONS ${polling} HTTP/1.1\r\n${host}`,
      `GET /socket.io/socket.io.js HTTP/1.1\r\n${host}`,
      `POST ${polling}&sid=${handshake.sid} HTTP/1.1\r\n${host}Content-Length: 1\r\n`,
      `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n${upgradeFields}`,
    ];
    for (const head of heads) {
      for (const [what, value] of Object.entries(values)) {
        let shortest = Number.POSITIVE_INFINITY;
        for (let times = 0; times < 20 && shortest >= longestTime; times += 1) {
          await send(site.port, withField(head, name, value));
          shortest = Math.min(shortest, await site.took());
        }
        expect(shortest, `${what} in ${head.split(" HTTP", 1)}`).toBeLessThan(longestTime);
      }
    }
  });
});
