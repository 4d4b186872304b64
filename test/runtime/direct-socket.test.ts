/**
 * Sockets that Roomcast reads and writes without their streams, on the current version of Node.
 * `node-versions.test.ts` runs these tests on the other versions.
 */

import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { SocketIO } from "roomcast";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import {
  type DirectHandle,
  type Receiver,
  useDirectly,
  writeAllDirectly,
  writeDirectly,
} from "../../src/net/direct-socket.ts";
import { unmaskingMemory } from "../../src/websocket/unmasker.ts";
import { LogLines } from "../support/log-lines.ts";
import { RawSocket } from "../support/raw-client.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Both ends of a connection. */
async function pair(): Promise<{ accepted: Socket; peer: Socket }> {
  const server = createServer().listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const peer = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  return { accepted, peer };
}

function receiver(onReceived: Receiver["onReceived"]): Receiver {
  return { received: 0, onReceived };
}

describe("useDirectly", () => {
  it("passes on the bytes that a server's socket receives, and leaves its other events as they are", async () => {
    const { accepted, peer } = await pair();
    const received: string[] = [];
    const places = new Set<ArrayBufferLike>();
    const took = useDirectly(
      accepted,
      receiver((memory, length) => {
        places.add(memory.buffer);
        received.push(memory.toString("latin1", 0, length));
      }),
    );
    expect(took).not.toBeNull();
    for (const word of ["one ", "two ", "three"]) {
      peer.write(word);
      await expect.poll(() => received.join("")).toContain(word);
    }
    peer.end();
    await once(accepted, "end");
    accepted.end();
    await once(accepted, "close");
    expect(received.join("")).toBe("one two three");
    // All of it in the memory of WebAssembly, in which masks are taken off fastest.
    expect([...places]).toEqual([unmaskingMemory()?.buffer]);
    expect(accepted.readableLength).toBe(0);
  });

  it("reports a broken connection to the receiver, and to the stream if the receiver wants that", async () => {
    const seen: string[] = [];
    for (const isQuiet of [true, false]) {
      const { accepted, peer } = await pair();
      useDirectly(accepted, {
        received: 0,
        onReceived: () => {},
        onBroken() {
          seen.push("broken");
          if (isQuiet) accepted.destroy();
          return isQuiet;
        },
      });
      accepted.on("error", (error: NodeJS.ErrnoException) => seen.push(`error ${error.code}`));
      peer.resetAndDestroy();
      await once(accepted, "close").catch(() => {});
      await expect.poll(() => accepted.destroyed).toBe(true);
    }
    expect(seen).toEqual(["broken", "broken", "error ECONNRESET"]);
  });

  it("does not report the end of a connection as a break", async () => {
    const { accepted, peer } = await pair();
    const seen: string[] = [];
    useDirectly(accepted, { received: 0, onReceived: () => {}, onBroken: () => seen.push("broken") > 0 });
    peer.end();
    await once(accepted, "end");
    accepted.destroy();
    expect(seen).toEqual([]);
  });

  it("passes on more than fits into one read, in order", async () => {
    const { accepted, peer } = await pair();
    const pieces: Buffer[] = [];
    const take = receiver((memory, length) => void pieces.push(Buffer.from(memory.subarray(0, length))));
    useDirectly(accepted, take);
    const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
    peer.end(sent);
    await once(accepted, "end");
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    peer.destroy();
  });

  it("continues the count of bytes that a socket had received before", async () => {
    const { accepted, peer } = await pair();
    peer.write("head");
    await once(accepted, "readable");
    expect(String(accepted.read())).toBe("head");
    const lengths: number[] = [];
    const counting = receiver((_, length) => void lengths.push(length));
    expect(useDirectly(accepted, counting)).not.toBeNull();
    for (const word of ["one", "three"]) {
      peer.write(word);
      await expect.poll(() => lengths.reduce((sum, length) => sum + length, 0)).toBe(word === "one" ? 3 : 8);
    }
    peer.destroy();
    accepted.destroy();
  });

  it("reads nothing of a socket that has been destroyed", async () => {
    const { accepted, peer } = await pair();
    let calls = 0;
    useDirectly(
      accepted,
      receiver(() => {
        calls += 1;
      }),
    );
    peer.write("late");
    accepted.destroy();
    await once(peer, "close");
    expect(calls).toBe(0);
  });

  it("does not touch other kinds of streams, and bytes that are already read", async () => {
    const take = receiver(() => {});
    class Derived extends Socket {}
    expect(useDirectly(new PassThrough(), take)).toBeNull();
    expect(useDirectly(new Derived(), take)).toBeNull();
    expect(useDirectly(new Socket(), take)).toBeNull();

    const { accepted, peer } = await pair();
    peer.write("early");
    await once(accepted, "readable");
    expect(useDirectly(accepted, take)).toBeNull();
    expect(String(accepted.read())).toBe("early");
    peer.destroy();
    accepted.destroy();
  });
});

/** A socket to write to, and its peer, which does not read yet. */
async function writing(): Promise<{ socket: Socket; handle: DirectHandle; peer: Socket }> {
  const { accepted, peer } = await pair();
  const handle = useDirectly(
    accepted,
    receiver(() => {}),
  );
  if (handle === null) throw new Error("the socket cannot be used directly");
  accepted.on("error", () => {});
  peer.pause();
  return { socket: accepted, handle, peer };
}

describe("writeDirectly", () => {
  it("writes bytes, and Latin-1 strings", async () => {
    const { socket, handle, peer } = await writing();
    expect(writeDirectly(handle, "a\u00e9")).toBe(0);
    expect(writeDirectly(handle, Buffer.from([1, 2]))).toBe(0);
    expect(writeAllDirectly(handle, [Buffer.from([3]), Uint8Array.of(4, 5)])).toBe(0);
    // A slice of a string with other characters takes two bytes for each character in memory.
    expect(writeDirectly(handle, "\u4e2da\u00e9".slice(1))).toBe(0);
    socket.end();
    const received = Buffer.concat(await peer.toArray());
    expect([...received]).toEqual([97, 0xe9, 1, 2, 3, 4, 5, 97, 0xe9]);
  });

  it("keeps the bytes that the peer does not take, in order, and counts them", async () => {
    const { socket, handle, peer } = await writing();
    const size = 1_000_000;
    let written = 0;
    let before = 0;
    while (before === 0) {
      before = writeDirectly(handle, Buffer.alloc(size, written));
      written += 1;
    }
    expect(written).toBeLessThan(50);
    expect(writeDirectly(handle, "x".repeat(size))).toBe(before + size);
    expect(writeAllDirectly(handle, [Buffer.alloc(size, "y"), Buffer.alloc(size, "z")])).toBe(
      before + 3 * size,
    );

    // The socket sends waiting bytes before its end.
    socket.end();
    const received = Buffer.concat(await peer.toArray());
    expect(received).toHaveLength((written + 3) * size);
    const starts = Array.from({ length: written + 3 }, (_, index) => received[index * size]);
    expect(starts).toEqual([...Array.from({ length: written }, (_, index) => index), 120, 121, 122]);
    expect(handle.writeQueueSize).toBe(0);
  });

  it("keeps the waiting bytes of many peers, while it writes to others", async () => {
    const ends = await Promise.all(Array.from({ length: 8 }, writing));
    const sent = ends.map(() => [] as string[]);
    for (let round = 0; round < 180; round += 1) {
      for (const [index, { handle }] of ends.entries()) {
        // Bytes without another reference, and a lot of garbage around them.
        const bytes = Buffer.from(`${round} to ${index};`.repeat(6_000));
        sent[index]?.push(bytes.toString());
        if (round % 3 === 0) writeAllDirectly(handle, [bytes.subarray(0, 9), bytes.subarray(9)]);
        else writeDirectly(handle, round % 3 === 1 ? bytes : bytes.toString());
      }
    }
    expect(ends.every(({ handle }) => (handle.writeQueueSize ?? 0) > 1_000_000)).toBe(true);
    collectGarbage();
    // New allocations overwrite freed memory.
    const others = Array.from({ length: 2_000 }, () => Buffer.alloc(60_000, "?"));
    for (const { socket } of ends) socket.end();
    const received = await Promise.all(ends.map(async ({ peer }) => Buffer.concat(await peer.toArray())));
    for (const [index, bytes] of received.entries()) {
      expect(bytes.toString() === sent[index]?.join("")).toBe(true);
    }
    expect(others).toHaveLength(2_000);
  });

  it("says that a socket is broken when its peer is gone, whether or not anything waits", async () => {
    for (const size of [10, 10_000_000]) {
      const { socket, handle, peer } = await writing();
      writeDirectly(handle, Buffer.alloc(size));
      const closed = new Promise((resolve) => socket.once("close", resolve));
      peer.resetAndDestroy();
      await closed;
      expect(writeDirectly(handle, "late")).toBeLessThanOrEqual(0);
      expect(writeAllDirectly(handle, [Buffer.from("later")])).toBeLessThanOrEqual(0);
    }
  });
});

describe("the option directSockets", () => {
  it.each([
    [true, "past the streams"],
    [false, "through the streams"],
  ])("%s has WebSockets work %s of their sockets", async (directSockets) => {
    const server = createHttpServer();
    let heard = 0;
    server.on("connection", (socket) => {
      socket.on("data", () => {
        heard += 1;
      });
    });
    const socketio = new SocketIO(server, { directSockets, logger: new LogLines() });
    socketio.on("echo", (value) => value);
    onTestFinished(() => socketio.stop());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());

    const socket = await RawSocket.join(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const before = heard;
    for (const value of ["short", "long".repeat(100_000)]) {
      socket.send(`420${JSON.stringify(["echo", value])}`);
      expect(await socket.next()).toBe(`430${JSON.stringify([value])}`);
    }
    expect(heard > before).toBe(!directSockets);
  });
});
