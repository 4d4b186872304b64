/**
 * Whole programs for socket.io's server, in files of their own. They run on that and, with nothing but their
 * import changed, on the bridge. Scripted clients see the same on both.
 */

import { EventEmitter } from "node:events";
import type { Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Broker, isSkipped } from "../support/brokers.ts";
import { within } from "../support/waiting.ts";
import { type Imported, startApplication, Visit } from "./programs/application.ts";

type Script = (visit: Visit) => Promise<void>;

/** Calls with an event, and notes the answer. */
async function ask(visit: Visit, name: string, socket: Socket, event: string, ...values: unknown[]) {
  const answer = new Promise<unknown[]>((resolve) => {
    socket.emit(event, ...values, (...answers: unknown[]) => resolve(answers));
  });
  const answers = await within(`the answer to ${event} at ${name}`, answer);
  visit.note(name, "answer to", event, ...answers);
  return answers[0];
}

/** Sends a request to a page of the program; returns its cookie. */
async function browse(visit: Visit, method: string, path: string, cookie = "", body = "") {
  const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };
  const response = await fetch(visit.url + path, {
    method,
    headers,
    redirect: "manual",
    ...(method === "GET" ? {} : { body }),
  });
  visit.note("browser", method, path, response.status, await response.text());
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
}

const scripts: Readonly<Record<string, Script>> = {
  "chat.ts": async (visit) => {
    await browse(visit, "GET", "/");
    const ada = visit.client("ada");
    const bob = visit.client("bob");
    await Promise.all([visit.seen("ada", "connect"), visit.seen("bob", "connect")]);
    ada.emit("add user", "Ada");
    ada.emit("add user", "Ada again");
    await visit.seen("bob", "user joined");
    bob.emit("add user", "Bob");
    await visit.seen("ada", "user joined");
    ada.emit("typing");
    ada.emit("new message", "hi");
    ada.emit("stop typing");
    await visit.seen("bob", "stop typing");
    bob.disconnect();
    await visit.seen("ada", "user left");
  },

  "whiteboard.cjs": async (visit) => {
    const ada = visit.client("ada");
    await visit.seen("ada", "connect");
    ada.emit("drawing", { x0: 0, y0: 0, x1: 0.5, y1: 1, color: "black" });
    ada.emit("drawing", { x0: 0.5, y0: 1, x1: 1, y1: 0, color: "red" });
    await ask(visit, "ada", ada, "snapshot", Buffer.from([1, 2, 3]));
    await browse(visit, "GET", "/lines");
    const bob = visit.client("bob");
    await visit.seen("bob", "drawing", 2);
    bob.emit("drawing", { x0: 1, y0: 0, x1: 0, y1: 0, color: "blue" });
    await visit.seen("ada", "blue");
    await ask(visit, "bob", bob, "clear");
    await visit.seen("ada", "clear");
  },

  "private-messaging.ts": async (visit) => {
    visit.client("eve");
    await visit.seen("eve", "connect_error");
    const learn = async (name: string, socket: Socket) => {
      const session = new Promise<{ sessionID: string; userID: string }>((resolve) =>
        socket.once("session", resolve),
      );
      const { sessionID, userID } = await session;
      visit.call(sessionID, `session of ${name}`);
      visit.call(userID, `user ${name}`);
      await visit.seen(name, "users");
      return { sessionID, userID };
    };
    const ada = visit.client("ada", { auth: { username: "ada" } });
    const session = await learn("ada", ada);
    const bob = visit.client("bob", { auth: { username: "bob" } });
    const { userID } = await learn("bob", bob);
    await visit.seen("ada", "user connected");
    ada.emit("private message", { content: "hi bob", to: userID });
    await visit.seen("bob", "private message");
    const tab = visit.client("second tab", { auth: { sessionID: session.sessionID } });
    await visit.seen("second tab", "users");
    bob.emit("private message", { content: "hi ada", to: session.userID });
    await visit.seen("ada", "private message");
    await visit.seen("second tab", "private message");
    tab.disconnect();
    await visit.written("left: 1");
    ada.disconnect();
    await visit.seen("bob", "user disconnected");
  },

  "passport-login.ts": async (visit) => {
    visit.client("eve");
    await visit.seen("eve", "connect_error");
    await browse(visit, "POST", "/login", "", "username=john&password=wrong");
    const cookie = await browse(visit, "POST", "/login", "", "username=john&password=doe");
    await browse(visit, "GET", "/", cookie);
    const extraHeaders = { cookie };
    const john = visit.client("john", { extraHeaders });
    await visit.seen("john", "connect");
    await ask(visit, "john", john, "whoami");
    await browse(visit, "POST", "/logout", cookie);
    await visit.seen("john", "disconnect");
    visit.client("john again", { extraHeaders });
    await visit.seen("john again", "connect_error");
  },

  "session-counter.ts": async (visit) => {
    const cookie = await browse(visit, "POST", "/incr");
    const ada = visit.client("ada", { extraHeaders: { cookie } });
    await visit.seen("ada", "connect");
    await ask(visit, "ada", ada, "incr");
    await browse(visit, "POST", "/incr", cookie);
    await visit.seen("ada", "current count");
    await ask(visit, "ada", ada, "incr");
    visit.client("bob");
    await visit.seen("bob", "connect");
  },

  "todo-list.ts": async (visit) => {
    const ada = visit.client("ada", { query: { user: "ada" } });
    await visit.seen("ada", "connect");
    const bob = visit.client("bob");
    await visit.seen("bob", "connect");
    await ask(visit, "ada", ada, "todo:create", { title: "write", isDone: false });
    await ask(visit, "ada", ada, "todo:create", { title: "", isDone: false });
    await ask(visit, "bob", bob, "todo:update", { id: 1, title: "write", isDone: true });
    await ask(visit, "bob", bob, "todo:update", { id: 9, title: "none", isDone: true });
    await ask(visit, "ada", ada, "todo:list");
    await ask(visit, "ada", ada, "todo:delete", 1);
    await ask(visit, "ada", ada, "todo:delete", 1);
    await visit.seen("bob", "todo:deleted");
    await visit.seen("ada", "todo:updated");
  },

  "custom-parser.ts": async (visit) => {
    const ada = visit.client("ada", { parser: { Encoder, Decoder } });
    await visit.seen("ada", "parsed");
    await ask(visit, "ada", ada, "echo", 1, "two", { three: [null, "ü"] });
    ada.disconnect();
    await visit.written("disconnect");
  },

  "token-login.ts": async (visit) => {
    const token = async (name: string, role: string) =>
      (await fetch(`${visit.url}/token?name=${name}&role=${role}`)).text();
    visit.client("eve", { auth: { token: "forged" } });
    await visit.seen("eve", "connect_error");
    const [one, two] = [await token("ada", "admin"), await token("bob", "user")];
    const ada = visit.client("ada", { auth: { token: one } });
    await visit.seen("ada", "welcome");
    visit.client("bob", { auth: { token: two } });
    await visit.seen("bob", "welcome");
    ada.emit("whisper", "bob", "hi");
    await visit.seen("bob", "whisper");
    visit.client("bob as admin", { auth: { token: two } }, `${visit.url}/admin`);
    await visit.seen("bob as admin", "connect_error");
    const admin = visit.client("admin", { auth: { token: one } }, `${visit.url}/admin`);
    await visit.seen("admin", "connect");
    await ask(visit, "admin", admin, "kick", "bob");
    await visit.seen("bob", "disconnect");
  },

  "sticky-cluster.cjs": async (visit) => {
    const ada = visit.client("ada", { transports: ["polling"] });
    await visit.seen("ada", "connect");
    const bob = visit.client("bob", { transports: ["polling", "websocket"] });
    await visit.seen("bob", "connect");
    for (const value of [1, "x".repeat(70_000).length, 3]) await ask(visit, "ada", ada, "echo", value);
    ada.emit("echo", "x".repeat(70_000), () => visit.note("ada", "a long one has come"));
    await visit.seen("ada", "a long one");
    await ask(visit, "bob", bob, "others");
    ada.disconnect();
    await visit.written("has left");
  },
};

/** The parser of custom-parser.ts on the side of clients. */
class Encoder {
  encode({ type, nsp, data, id }: { type: number; nsp: string; data: unknown; id?: number }) {
    return [JSON.stringify({ t: type, n: nsp, d: data, i: id })];
  }
}

class Decoder extends EventEmitter {
  add(chunk: string) {
    const { t, n, d, i } = JSON.parse(chunk);
    this.emit("decoded", { type: t, nsp: n, data: d, id: i });
  }
  destroy() {}
}

async function run(file: string, imported: Imported, transport: string) {
  const hasProcess = file === "sticky-cluster.cjs";
  const application = await startApplication(file, imported, { hasProcess });
  try {
    const visit = new Visit([application], [transport]);
    await scripts[file]?.(visit);
    // The bridge says once at start what it opens, here in each worker, and stock nothing.
    const servers = hasProcess ? 2 : 1;
    expect(application.notices).toHaveLength(imported === "socket.io" ? 0 : servers);
    return visit.end();
  } finally {
    await application.stop();
  }
}

/**
 * With `STICKY=1` the cluster runs as well. On a busy machine `@socket.io/sticky` 1.0 leaves requests without
 * an answer, with stock servers too: the primary process and the worker both read a connection.
 */
const files = Object.keys(scripts).filter((file) => process.env.STICKY || file !== "sticky-cluster.cjs");

describe("A whole program", () => {
  it.concurrent.each(files.map((file, index) => [file, ["websocket", "polling"][index % 2]]))(
    "does the same after its import has changed: %s, over %s",
    async (file = "", transport = "") => {
      const [stock, bridge] = await Promise.all([
        run(file, "socket.io", transport),
        run(file, "roomcast/socket.io", transport),
      ]);
      expect(Object.values(stock).flat().length).toBeGreaterThan(4);
      expect(bridge).toEqual(stock);
    },
  );
});

describe.skipIf(isSkipped("redis"))("Whole programs on Redis", () => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await Broker.redis();
  });
  afterAll(() => broker.kill());

  async function runPair(first: Imported, second: Imported) {
    const start = (imported: Imported, NAME: string) =>
      startApplication("redis-cluster.ts", imported, { env: { NAME, REDIS_URL: broker.url } });
    const programs = await Promise.all([start(first, "one"), start(second, "two")]);
    try {
      const visit = new Visit(programs, ["websocket"]);
      const ada = visit.client("ada");
      const bob = visit.client("bob", {}, programs[1]?.url);
      await Promise.all([visit.seen("ada", "server name"), visit.seen("bob", "server name")]);
      await ask(visit, "ada", ada, "enter", "tea");
      await visit.seen("ada", "entered");
      // Its answer comes behind the event before it, which then is for the first client alone.
      await ask(visit, "bob", bob, "who", "tea");
      await ask(visit, "bob", bob, "enter", "tea");
      await visit.seen("ada", "entered", 2);
      await ask(visit, "ada", ada, "who", "tea");
      await ask(visit, "bob", bob, "servers");
      bob.emit("new message", "hi");
      await visit.seen("ada", "new message");
      ada.emit("new message", "hi yourself");
      await visit.seen("bob", "new message");
      return visit.end();
    } finally {
      for (const program of programs) await program.stop();
    }
  }

  it("do the same after the import of both, or of one, has changed: redis-cluster.ts", async () => {
    const [stock, mixed] = [
      await runPair("socket.io", "socket.io"),
      await runPair("socket.io", "roomcast/socket.io"),
    ];
    expect(mixed).toEqual(stock);
    expect(await runPair("roomcast/socket.io", "roomcast/socket.io")).toEqual(stock);
  });
});
