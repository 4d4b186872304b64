/**
 * What hostile clients do to a running server.
 * Random numbers decide each case, but not when the answers come.
 */

import { deflateRawSync } from "node:zlib";
import { type Answer, Wire } from "../support/wire.ts";
import { randomChunks } from "./frame-streams.ts";
import { clientFrame, hostileRequest, hostileUpgrade } from "./hostile-requests.ts";
import { hostileEnginePacket, hostilePacket, hostilePayload, type Message } from "./hostile-text.ts";
import { Random } from "./random.ts";

/** The place of a case. */
export interface Arena {
  /** The port of the server. */
  readonly port: number;
  /** Receives the status of each HTTP answer, and the ending of each WebSocket. */
  note(outcome: string): void;
}

const zeros = deflateRawSync(Buffer.alloc(10_000_000));
const handshake = "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
const upgradeHeaders =
  "Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/** One hostile visit. */
class Visit {
  readonly random: Random;
  readonly #arena: Arena;
  readonly #wires: Wire[] = [];
  readonly #sessions = new Map<string, { isEio3: boolean }>();

  constructor(arena: Arena, seed: number) {
    this.#arena = arena;
    this.random = new Random(seed);
  }

  open(): Wire {
    const wire = new Wire(this.#arena.port);
    this.#wires.push(wire);
    return wire;
  }

  /** Random numbers for a concurrent part, so that the order of events does not change them. */
  fork(): Random {
    return new Random(this.random.below(2 ** 31));
  }

  note(answer: Answer | undefined): Answer | undefined {
    this.#remember(answer?.body ?? "");
    this.#arena.note(answer === undefined ? "no answer" : `status ${answer.status}`);
    return answer;
  }

  /** Opens a polling session; returns its id, if the server accepts it. */
  async session(wire: Wire): Promise<string | undefined> {
    wire.write(handshake);
    const answer = this.note(await wire.answer(2000));
    return openedSession(answer?.body ?? "")?.sid;
  }

  /** Waits until the server has read everything: it answers a ping, or closes. */
  async settle(wire: Wire): Promise<void> {
    wire.write(clientFrame(this.random, 0x9, "settled?"));
    await wire.until((received) => received.includes("\x8a\x08settled?"));
    const closeFrame = wire.received.lastIndexOf("\x88");
    const [, length = 0, high = 0, low = 0] = Buffer.from(wire.received.slice(closeFrame), "latin1");
    if (closeFrame !== -1 && length >= 2 && length < 126) this.#arena.note(`close ${high * 256 + low}`);
  }

  #remember(text: string): void {
    const session = openedSession(text);
    if (session !== undefined) this.#sessions.set(session.sid, session);
  }

  /** Closes every session, which otherwise only the heartbeat would end, and cuts all connections. */
  async end(): Promise<void> {
    for (const { received } of this.#wires) this.#remember(received);
    for (const [sid, { isEio3 }] of this.#sessions) {
      const [version, goodbye] = isEio3 ? [3, "1:1"] : [4, "1"];
      const wire = this.open();
      wire.write(
        `POST /socket.io/?EIO=${version}&transport=polling&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
          `Content-Type: text/plain\r\nContent-Length: ${goodbye.length}\r\n\r\n${goodbye}`,
      );
      await wire.answer(2000);
    }
    for (const wire of this.#wires) wire.reset();
  }
}

/** Requests one after the other, or all at once. */
async function requests(visit: Visit): Promise<void> {
  const { random } = visit;
  const wire = visit.open();
  const count = 1 + random.below(4);
  const isPipelined = random.oneIn(4);
  for (let number = 0; number < count && !wire.isClosed; number += 1) {
    const request = hostileRequest(random);
    if (random.oneIn(30)) {
      wire.write(request.subarray(0, random.below(request.length)));
      if (random.oneIn(2)) wire.end();
      break;
    }
    wire.write(request);
    if (!isPipelined) visit.note(await wire.answer(30));
  }
  if (isPipelined) for (let number = 0; number < count; number += 1) visit.note(await wire.answer(20));
}

/** A polling session that follows no rule. */
async function polling(visit: Visit): Promise<void> {
  const { random } = visit;
  const [posts, polls] = [visit.open(), visit.open()];
  const sid = await visit.session(posts);
  if (sid === undefined) return;
  const target = `/socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
  const get = `GET ${target}\r\n`;
  const post = (body: string) =>
    Buffer.concat([
      Buffer.from(`POST ${target}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`),
      Buffer.from(body),
    ]);
  if (!random.oneIn(4)) {
    posts.write(post(random.oneIn(3) ? `40/${"x".repeat(random.below(4))},` : "40"));
    visit.note(await posts.answer());
  }
  for (let number = random.below(7); number > 0 && !posts.isClosed; number -= 1) {
    switch (random.below(9)) {
      case 0:
        polls.write(get);
        if (random.oneIn(3)) polls.write(get);
        break;
      case 1:
        // Two polls at once, on two connections.
        posts.write(get);
        polls.write(get);
        visit.note(await posts.answer(20));
        break;
      case 2:
        posts.write(post(hostilePayload(random)));
        polls.write(post(hostilePayload(random)));
        visit.note(await posts.answer());
        break;
      case 3:
        posts.write(hostileRequest(random, { sid }));
        visit.note(await posts.answer(20));
        break;
      case 4: {
        const request = post(hostilePayload(random));
        const other = visit.open();
        other.write(request.subarray(0, random.below(request.length)));
        await other.until(() => false, 2);
        other.reset();
        break;
      }
      case 5:
        posts.write(post(random.oneIn(3) ? "x".repeat(50_001) : `4${"2[".repeat(20_000)}`));
        visit.note(await posts.answer());
        break;
      case 6:
        posts.write(
          post(
            Array(random.below(3000))
              .fill(random.pick(["2", "4", "6", "3", ""]))
              .join("\u001e"),
          ),
        );
        visit.note(await posts.answer());
        break;
      default:
        posts.write(post(hostilePayload(random)));
        visit.note(await posts.answer());
        if (random.oneIn(2)) visit.note(await polls.answer(5));
    }
  }
}

/** WebSocket messages in frames of all forms. */
async function webSocket(visit: Visit): Promise<void> {
  const { random } = visit;
  const wire = visit.open();
  const head = [random.oneIn(5) ? hostileUpgrade(random) : upgradeTo("")];
  // Some do not wait for the answer.
  const first = random.oneIn(6) ? [clientFrame(random, 0x1, "40"), ...randomFrames(random)] : [];
  wire.write(Buffer.concat([...head, ...first].map((part) => Buffer.from(part as string))));
  if (
    !(await wire.until((received) => received.includes("\r\n\r\n"), 2000)) ||
    !wire.received.startsWith("HTTP/1.1 101")
  ) {
    visit.note({ status: Number(wire.received.slice(9, 12)), body: "" });
    return;
  }
  if (!random.oneIn(8))
    wire.write(clientFrame(random, 0x1, random.oneIn(4) ? '40/chat,{"token":"x"}' : "40"));
  if (random.oneIn(12)) wire.pause();
  for (let number = random.below(6); number > 0; number -= 1) wire.write(...randomFrames(random));
  await visit.settle(wire);
  if (random.oneIn(3)) wire.write(clientFrame(random, 0x8, random.oneIn(2) ? "" : Buffer.from([0x03, 0xe8])));
  if (random.oneIn(3)) wire.end();
}

function upgradeTo(more: string, extensions = ""): string {
  return `GET /socket.io/?EIO=4&transport=websocket${more} HTTP/1.1\r\n${upgradeHeaders}${extensions}\r\n`;
}

/** One or more messages, framed well or badly. */
function randomFrames(random: Random): Buffer[] {
  switch (random.below(8)) {
    case 0:
      return randomChunks(random);
    case 1:
      return [framed(random, hostileEnginePacket(random))];
    case 2:
      return [
        clientFrame(random, random.below(16), "x", {
          reserved: random.below(8) << 4,
          isLast: random.oneIn(2),
        }),
      ];
    default:
      return hostilePacket(random).map((message) =>
        framed(random, typeof message === "string" ? `4${message}` : message),
      );
  }
}

function framed(random: Random, message: Message): Buffer {
  const opcode = typeof message === "string" ? 0x1 : 0x2;
  if (!random.oneIn(6)) return clientFrame(random, opcode, message);
  const bytes = Buffer.from(message as string);
  const at = random.below(bytes.length + 1);
  return Buffer.concat([
    clientFrame(random, opcode, bytes.subarray(0, at), { isLast: false }),
    ...(random.oneIn(3) ? [clientFrame(random, 0x9, "in between")] : []),
    clientFrame(random, 0x0, bytes.subarray(at)),
  ]);
}

/** A session that upgrades to a WebSocket, or to several at once, while it polls and posts. */
async function upgrade(visit: Visit): Promise<void> {
  const { random } = visit;
  const wire = visit.open();
  const sid = await visit.session(wire);
  if (sid === undefined) return;
  const target = `/socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
  const tasks = random.times(1 + random.below(3), () => probe(visit, visit.fork(), sid));
  if (random.oneIn(2)) {
    const body = random.oneIn(2) ? "40" : hostilePayload(random);
    wire.write(`POST ${target}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`, Buffer.from(body));
  }
  if (random.oneIn(2)) visit.open().write(`GET ${target}\r\n`);
  await Promise.all(tasks);
  visit.note(await wire.answer(10));
}

async function probe(visit: Visit, random: Random, sid: string): Promise<void> {
  const wire = visit.open();
  wire.write(random.oneIn(4) ? hostileUpgrade(random, sid) : upgradeTo(`&sid=${sid}`));
  const right = ["2probe", "5", "40", '42["echo",1]'];
  const steps = random.oneIn(2)
    ? right
    : random.times(1 + random.below(6), () =>
        random.pick(["2probe", "2probe", "5", "3probe", "2", "40", "1", "6", "", "x"]),
      );
  if (random.oneIn(2)) await wire.until((received) => received.includes("\r\n\r\n"));
  for (const step of steps) {
    wire.write(clientFrame(random, random.oneIn(20) ? 0x2 : 0x1, step));
    if (random.oneIn(3)) await wire.until(() => false, random.below(4));
  }
  await visit.settle(wire);
}

/** Uses its own session id on every transport, in every method and state, and ids that were never given. */
async function confusion(visit: Visit): Promise<void> {
  const { random } = visit;
  const owner = visit.open();
  let sid: string | undefined;
  if (random.oneIn(2)) {
    sid = await visit.session(owner);
  } else {
    owner.write(upgradeTo(""));
    await owner.until((received) => received.includes('"sid"'), 2000);
    sid = /"sid":"([^"]+)"/.exec(owner.received)?.[1];
  }
  if (sid === undefined) return;
  for (let number = 1 + random.below(4); number > 0; number -= 1) {
    const thief = visit.open();
    const forged = random.pick([
      sid,
      sid,
      sid,
      sid.slice(1),
      sid.toLowerCase(),
      `${sid}%00`,
      `${sid}&sid=${sid}`,
      "__proto__",
    ]);
    if (random.oneIn(3)) {
      thief.write(hostileUpgrade(random, forged));
      await thief.until((received) => received.includes("\r\n\r\n"));
      thief.write(...randomFrames(random));
    } else {
      thief.write(
        hostileRequest(random, {
          sid: forged,
          method: random.pick(["GET", "POST", "POST", "OPTIONS", "PUT"]),
        }),
      );
      visit.note(await thief.answer(20));
    }
  }
}

/** Frames that are compressed, or claim it, and that expand enormously. */
async function compressed(visit: Visit): Promise<void> {
  const { random } = visit;
  const wire = visit.open();
  const offer = random.pick([
    "permessage-deflate",
    "permessage-deflate; client_no_context_takeover",
    "permessage-deflate; client_max_window_bits=9",
  ]);
  wire.write(upgradeTo("", `Sec-WebSocket-Extensions: ${offer}\r\n`));
  // Everything behind the response head is compressed.
  if (!(await wire.until((received) => /\r\n\r\n./s.test(received), 2000))) return;
  const deflated = (text: string) => deflateRawSync(Buffer.from(text), { finishFlush: 2 }).subarray(0, -4);
  const compress = (bytes: Uint8Array, isLast = true) =>
    clientFrame(random, 0x1, bytes, { reserved: 0x40, isLast });
  wire.write(compress(deflated("40")));
  for (let number = random.below(5); number > 0; number -= 1) {
    const [message = "2"] = hostilePacket(random);
    const bytes = deflated(`4${String(message)}`);
    switch (random.below(8)) {
      case 0:
        wire.write(compress(zeros));
        break;
      case 1:
        wire.write(compress(random.bytes(random.below(100))));
        break;
      case 2:
        wire.write(compress(bytes.subarray(0, random.below(bytes.length + 1))));
        break;
      case 3:
        wire.write(
          compress(bytes.subarray(0, 3), false),
          clientFrame(random, 0x0, bytes.subarray(3), { reserved: random.oneIn(3) ? 0x40 : 0 }),
        );
        break;
      case 4:
        wire.write(clientFrame(random, 0x1, bytes, { reserved: random.below(8) << 4 }));
        break;
      default:
        wire.write(compress(bytes));
    }
  }
  await visit.settle(wire);
}

/** The session opened by a polling handshake; `isEio3` tells whether it is of Engine.IO version 3. */
function openedSession(text: string): { sid: string; isEio3: boolean } | undefined {
  const [, length, sid] = /(\d+:|\xff)?0\{"sid":"([^"]+)","upgrades":\["websocket/.exec(text) ?? [];
  return sid === undefined ? undefined : { sid, isEio3: length !== undefined };
}

const kinds = { requests, polling, webSocket, upgrade, confusion, compressed } as const;
/** The kinds that cases draw from: a kind is as frequent as it is listed. */
const order = [
  "requests",
  "requests",
  "polling",
  "polling",
  "webSocket",
  "webSocket",
  "webSocket",
  "upgrade",
  "confusion",
  "compressed",
] as const;

/** The kinds of cases. */
export type CaseKind = keyof typeof kinds;

/** The kind of the case of a seed. */
export function kindOf(seed: number): CaseKind {
  return new Random(seed).pick(order);
}

/** Runs one case. */
export async function runCase(arena: Arena, seed: number): Promise<void> {
  const visit = new Visit(arena, seed);
  try {
    await kinds[visit.random.pick(order)](visit);
  } finally {
    await visit.end();
  }
}
