/** Sockets that are used past their streams, on the Node that runs this. */

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import {
  type DirectSocket,
  useDirectly,
  waitingBytes,
  writeAllDirectly,
  writeDirectly,
} from "../../src/adapter/direct-socket.ts";

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

describe("useDirectly", () => {
  it("hands over what a server's socket receives, and leaves its other events as they are", async () => {
    const { accepted, peer } = await pair();
    const received: string[] = [];
    const places = new Set<ArrayBufferLike>();
    const took = useDirectly(accepted, function (length, memory) {
      expect(this).toBe(accepted);
      places.add(memory.buffer);
      received.push(memory.toString("latin1", 0, length));
      return true;
    });
    expect(took).toBe(true);
    accepted.resume();
    for (const word of ["one ", "two ", "three"]) {
      peer.write(word);
      await expect.poll(() => received.join("")).toContain(word);
    }
    peer.end();
    await once(accepted, "end");
    accepted.end();
    await once(accepted, "close");
    expect(received.join("")).toBe("one two three");
    expect(places.size).toBe(1);
    expect(accepted.readableLength).toBe(0);
  });

  it("hands over more than fits at once, in order", async () => {
    const { accepted, peer } = await pair();
    const pieces: Buffer[] = [];
    useDirectly(accepted, (length, memory) => {
      pieces.push(Buffer.from(memory.subarray(0, length)));
      return true;
    });
    accepted.resume();
    const sent = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
    peer.end(sent);
    await once(accepted, "end");
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    peer.destroy();
  });

  it("reads nothing of a socket that has been destroyed", async () => {
    const { accepted, peer } = await pair();
    let calls = 0;
    useDirectly(accepted, () => {
      calls += 1;
      return true;
    });
    accepted.resume();
    peer.write("late");
    accepted.destroy();
    await once(peer, "close");
    expect(calls).toBe(0);
  });

  it("leaves alone what is no socket of its own, and what has been read already", async () => {
    const take = () => true as const;
    class Derived extends Socket {}
    expect(useDirectly(new PassThrough(), take)).toBe(false);
    expect(useDirectly(new Derived(), take)).toBe(false);
    expect(useDirectly(new Socket(), take)).toBe(false);

    const { accepted, peer } = await pair();
    peer.write("early");
    await once(accepted, "readable");
    expect(useDirectly(accepted, take)).toBe(false);
    expect(String(accepted.read())).toBe("early");
    peer.destroy();
    accepted.destroy();
  });
});

/** A socket to be written to, and its peer, which does not read yet. */
async function writing(): Promise<{ socket: DirectSocket; peer: Socket }> {
  const { accepted, peer } = await pair();
  if (!useDirectly(accepted, () => true)) throw new Error("the socket cannot be used directly");
  accepted.resume();
  accepted.on("error", () => {});
  peer.pause();
  return { socket: accepted, peer };
}

describe("writeDirectly", () => {
  it("writes bytes, and strings whose characters each stand for one", async () => {
    const { socket, peer } = await writing();
    expect(writeDirectly(socket, "a\u00e9")).toBe(true);
    expect(writeDirectly(socket, Buffer.from([1, 2]))).toBe(true);
    expect(writeAllDirectly(socket, [Buffer.from([3]), Uint8Array.of(4, 5)])).toBe(true);
    expect(waitingBytes(socket)).toBe(0);
    socket.end();
    const received = Buffer.concat(await peer.toArray());
    expect([...received]).toEqual([97, 0xe9, 1, 2, 3, 4, 5]);
  });

  it("keeps what the peer does not take, in order, and tells how much that is", async () => {
    const { socket, peer } = await writing();
    const size = 1_000_000;
    let written = 0;
    while (writeDirectly(socket, Buffer.alloc(size, written))) written += 1;
    expect(written).toBeLessThan(50);
    expect(waitingBytes(socket)).toBeGreaterThan(0);
    const before = waitingBytes(socket);
    expect(writeDirectly(socket, "x".repeat(size))).toBe(false);
    expect(writeAllDirectly(socket, [Buffer.alloc(size, "y"), Buffer.alloc(size, "z")])).toBe(false);
    expect(waitingBytes(socket)).toBe(before + 3 * size);

    // What waits is sent before the end.
    socket.end();
    const received = Buffer.concat(await peer.toArray());
    expect(received).toHaveLength((written + 4) * size);
    const starts = Array.from({ length: written + 4 }, (_, index) => received[index * size]);
    expect(starts).toEqual([...Array.from({ length: written + 1 }, (_, index) => index), 120, 121, 122]);
    expect(waitingBytes(socket)).toBe(0);
  });

  it("ends the socket when its peer is gone, whether or not anything waits", async () => {
    for (const size of [10, 10_000_000]) {
      const { socket, peer } = await writing();
      writeDirectly(socket, Buffer.alloc(size));
      const closed = new Promise((resolve) => socket.once("close", resolve));
      peer.resetAndDestroy();
      await closed;
      expect(writeDirectly(socket, "late")).toBe(true);
      expect(waitingBytes(socket)).toBe(0);
    }
  });
});
