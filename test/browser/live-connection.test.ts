import type { ClientError } from "roomcast/client";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakePage, settled } from "../support/fake-websocket.ts";

let page: FakePage;
beforeEach(() => {
  page = new FakePage();
});

/** Has Math.random give the largest value: the longest possible waits. */
function longestWaits(): void {
  vi.spyOn(Math, "random").mockReturnValue(1);
}

describe("attempts", () => {
  it("open a WebSocket of Engine.IO 4 at the server's address", () => {
    page.connect();
    expect(page.last.url).toBe("ws://server/socket.io/?EIO=4&transport=websocket");
    expect(page.last.binaryType).toBe("arraybuffer");
  });

  it("follow each other after random waits whose bound doubles up to the longest", async () => {
    longestWaits();
    page.connect();
    const waits: number[] = [];
    for (let index = 0; index < 6; index++) {
      page.last.break();
      waits.push(await page.nextAttempt());
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  it("follow at random times within the bound", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0.25);
    page.connect({ minDelay: 400, maxDelay: 600 });
    page.last.break();
    expect(await page.nextAttempt()).toBe(100);
    page.last.break();
    expect(await page.nextAttempt()).toBe(150);
  });

  it("begin with the shortest wait again after a connection that held", async () => {
    longestWaits();
    await page.connected();
    for (let index = 0; index < 3; index++) {
      page.last.break();
      await page.nextAttempt();
    }
    await page.accept();
    await vi.advanceTimersByTimeAsync(6_000);
    page.last.break();
    expect(await page.nextAttempt()).toBe(1000);
  });

  it("wait longer and longer where the server ends each connection at once", async () => {
    longestWaits();
    await page.connected();
    const waits: number[] = [];
    for (let index = 0; index < 3; index++) {
      page.last.break();
      waits.push(await page.nextAttempt());
      await page.accept();
    }
    expect(waits).toEqual([1000, 2000, 4000]);
  });

  it("are given up when they take too long", async () => {
    longestWaits();
    page.connect({ connectTimeout: 5_000 });
    const { last } = page;
    expect(await page.nextAttempt()).toBe(6_000);
    expect(last.isClosedByClient).toBe(true);
  });

  it("end where the runtime tells an error and never the end", async () => {
    page.connect();
    page.last.onerror?.({ message: "refused" });
    await page.nextAttempt();
    expect(page.sockets).toHaveLength(2);
  });

  it("spread evenly when 1000 clients lose their server at once", async () => {
    const count = 1000;
    for (let index = 0; index < count; index++) page.connect({}, `http://server-${index}`);
    const first = page.sockets.slice();
    for (const socket of first) socket.open();
    await settled();
    for (const socket of first) socket.receive('40{"sid":"a"}');
    await vi.advanceTimersByTimeAsync(6_000);
    const lostAt = Date.now();
    for (const socket of first) socket.break();
    const tenths = Array<number>(10).fill(0);
    const attempts = new Map<string, number[]>();
    for (let time = 0; time < 3_000; time += 20) {
      const { length } = page.sockets;
      vi.advanceTimersByTime(20);
      for (const socket of page.sockets.slice(length)) {
        const after = socket.openedAt - lostAt;
        const times = attempts.get(socket.url) ?? [];
        attempts.set(socket.url, [...times, after]);
        const tenth = Math.min(9, Math.floor(after / 100));
        if (times.length === 0) tenths[tenth] = (tenths[tenth] ?? 0) + 1;
        // The server is not back for the first second.
        if (after < 1_000) socket.break();
      }
    }
    expect(attempts.size).toBe(count);
    // 100 are expected in each tenth of a second; six standard deviations are 57.
    for (const size of tenths) expect(Math.abs(size - 100)).toBeLessThan(57);
    const second = [...attempts.values()].flatMap((times) => times.slice(1, 2));
    expect(second.length).toBeGreaterThan(0);
    // A client that failed once waits for up to two seconds, so nearly none comes at once.
    const waits = [...attempts.values()].flatMap(([a, b]) =>
      a === undefined || b === undefined ? [] : [b - a],
    );
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(800);
    expect(mean).toBeLessThan(1_200);
  });
});

describe("heartbeats", () => {
  it("are answered", async () => {
    await page.connected();
    page.last.receive("2");
    expect(page.last.take()).toEqual(["3"]);
  });

  it("keep the connection, and any message counts as one", async () => {
    const socket = await page.connected();
    for (let index = 0; index < 5; index++) {
      await vi.advanceTimersByTimeAsync(44_000);
      page.last.receive(index % 2 ? "2" : '42["say"]');
    }
    expect(socket.state).toBe("connected");
    expect(page.sockets).toHaveLength(1);
  });

  it("that stay away end it", async () => {
    const socket = await page.connected();
    await vi.advanceTimersByTimeAsync(44_999);
    expect(socket.state).toBe("connected");
    await vi.advanceTimersByTimeAsync(3);
    expect(socket.state).toBe("resuming");
    expect(socket.error).toMatchObject({ code: "ERR_DISCONNECTED", message: "ping timeout" });
  });

  it("that were slept through have nothing sent into the dead connection", async () => {
    const socket = await page.connected();
    const { last } = page;
    // The machine sleeps: time goes on, and no timer runs.
    vi.setSystemTime(Date.now() + 60_000);
    socket.emit("say", "hello");
    expect(last.take()).toEqual([]);
    expect(last.isClosedByClient).toBe(true);
    await page.nextAttempt();
    page.last.open();
    await settled();
    page.last.receive('40{"sid":"b"}');
    expect(page.last.take()).toEqual(["40", '42["say","hello"]']);
  });
});

describe("a page that wakes", () => {
  it.each([
    ["online", {}],
    ["visibilitychange", {}],
    ["pageshow", { persisted: true }],
    ["resume", {}],
  ])("tries at once: %s", async (type, event) => {
    longestWaits();
    await page.connected();
    for (let index = 0; index < 4; index++) {
      page.last.break();
      await page.nextAttempt();
    }
    page.last.break();
    await vi.advanceTimersByTimeAsync(1_500);
    const { length } = page.sockets;
    page.dispatch(type, event);
    await vi.advanceTimersByTimeAsync(1);
    expect(page.sockets).toHaveLength(length + 1);
  });

  it("tries at once where it learns of the loss after it woke", async () => {
    longestWaits();
    await page.connected();
    page.dispatch("resume");
    await vi.advanceTimersByTimeAsync(300);
    page.last.break();
    await vi.advanceTimersByTimeAsync(1);
    expect(page.sockets).toHaveLength(2);
  });

  it("tries at most once a second, however many events tell of it", async () => {
    longestWaits();
    page.connect();
    await vi.advanceTimersByTimeAsync(2_000);
    page.last.break();
    for (const type of ["online", "resume", "visibilitychange", "online"]) page.dispatch(type);
    await vi.advanceTimersByTimeAsync(1);
    expect(page.sockets).toHaveLength(2);
    page.last.break();
    page.dispatch("online");
    await vi.advanceTimersByTimeAsync(990);
    expect(page.sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(20);
    expect(page.sockets).toHaveLength(3);
  });

  it("gives up an attempt that has hung for a second, and leaves a young one alone", async () => {
    page.connect();
    await vi.advanceTimersByTimeAsync(500);
    page.dispatch("online");
    await vi.advanceTimersByTimeAsync(1);
    expect(page.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(600);
    page.dispatch("online");
    await vi.advanceTimersByTimeAsync(1);
    expect(page.sockets).toHaveLength(2);
    expect(page.sockets[0]?.isClosedByClient).toBe(true);
  });

  it("finds a connection that slept past its heartbeat", async () => {
    const socket = await page.connected();
    vi.setSystemTime(Date.now() + 60_000);
    page.dispatch("visibilitychange");
    expect(socket.state).toBe("resuming");
    await vi.advanceTimersByTimeAsync(1);
    expect(page.sockets).toHaveLength(2);
  });

  it("leaves a connection that lives alone", async () => {
    const socket = await page.connected();
    for (const type of ["online", "resume", "visibilitychange"]) page.dispatch(type);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(socket.state).toBe("connected");
    expect(page.sockets).toHaveLength(1);
  });
});

describe("a state that people see", () => {
  it("is offline only after ten seconds", async () => {
    const socket = await page.connected();
    page.last.break();
    expect(socket.state).toBe("resuming");
    await vi.advanceTimersByTimeAsync(9_000);
    for (const each of page.sockets) each.break();
    await vi.advanceTimersByTimeAsync(990);
    expect(socket.state).toBe("resuming");
    await vi.advanceTimersByTimeAsync(20);
    expect(socket.state).toBe("offline");
    page.last.break();
    await page.nextAttempt();
    await page.accept();
    expect(socket.state).toBe("connected");
  });

  it("is offline for a server that was never reached, too", async () => {
    const socket = page.connect({ offlineAfter: 3_000 });
    await vi.advanceTimersByTimeAsync(2_999);
    expect(socket.state).toBe("connecting");
    await vi.advanceTimersByTimeAsync(2);
    expect(socket.state).toBe("offline");
  });

  it("is never offline in a hidden page, nor in the first ten seconds after it is shown", async () => {
    const socket = await page.connected();
    page.document.hidden = true;
    page.last.break();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.state).toBe("resuming");
    page.document.hidden = false;
    page.dispatch("visibilitychange");
    await vi.advanceTimersByTimeAsync(9_900);
    expect(socket.state).toBe("resuming");
    await vi.advanceTimersByTimeAsync(200);
    expect(socket.state).toBe("offline");
  });
});

describe("a wrong server", () => {
  it.each([
    ["says something else", (socket: FakePage["last"]) => socket.receive("hello")],
    ["sends no handshake", (socket: FakePage["last"]) => socket.receive('0{"sid":"x"}')],
    ["sends bytes", (socket: FakePage["last"]) => socket.receive(new Uint8Array([1, 2]))],
  ])("that %s is one clear error, and no further attempt", async (_what, speak) => {
    const socket = page.connect();
    const errors: unknown[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    page.last.readyState = 1;
    speak(page.last);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(errors).toMatchObject([{ code: "ERR_PROTOCOL" }]);
    expect(String(errors[0])).toContain("no server of Socket.IO 5");
    expect(socket.state).toBe("closed");
    expect(page.sockets).toHaveLength(1);
    expect(page.last.isClosedByClient).toBe(true);
    expect(page.listenerCount).toBe(0);
  });

  it("of Socket.IO 2 is one clear error", async () => {
    const socket = page.connect();
    const errors: unknown[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    page.last.open();
    page.last.receive("40");
    expect(errors).toMatchObject([{ code: "ERR_PROTOCOL" }]);
    expect(String(errors[0])).toContain("Socket.IO 2");
    expect(socket.state).toBe("closed");
  });

  it("that ends each connection before the client has joined may have another parser, and attempts go on", async () => {
    const socket = page.connect();
    const errors: ClientError[] = [];
    socket.on("connect_error", (error) => void errors.push(error));
    for (let index = 0; index < 3; index++) {
      page.last.open();
      await settled();
      page.last.break();
      await page.nextAttempt();
    }
    expect(errors).toMatchObject(Array.from({ length: 3 }, () => ({ code: "ERR_PROTOCOL" })));
    expect(errors[0]?.message).toBe("transport close before the client joined: do both use the same parser?");
    expect(socket.state).toBe("connecting");
    await page.accept();
    expect(socket.state).toBe("connected");
    page.last.break();
    expect(socket.error).toMatchObject({ code: "ERR_DISCONNECTED", message: "transport close" });
    // It comes back with another parser.
    await page.nextAttempt();
    page.last.open();
    await settled();
    page.last.break();
    expect(socket.error).toMatchObject({ code: "ERR_PROTOCOL" });
    expect(socket.state).toBe("resuming");
  });

  it("that refuses a client for a while, and ends the connection, is understood all the same", async () => {
    const socket = page.connect();
    page.last.open();
    await settled();
    page.last.receive('44{"message":"full","data":{"retry":true}}');
    page.last.break();
    expect(socket.error).toMatchObject({ code: "ERR_DISCONNECTED" });
  });

  it.each(["42", "43", "431", "44"])(
    "that is known, but sends a packet without data, loses it: %s",
    async (packet) => {
      const socket = await page.connected();
      page.last.receive(packet);
      expect(socket.error?.message).toBe("parse error");
      expect(socket.state).toBe("resuming");
    },
  );

  it("that is known, but sends a broken packet, loses the connection", async () => {
    const socket = await page.connected();
    page.last.receive("42[unfinished");
    expect(socket.state).toBe("resuming");
    expect(socket.error?.message).toBe("parse error");
    await page.nextAttempt();
    await page.accept();
    expect(socket.state).toBe("connected");
  });

  it("that is not reached is one clear error, and attempts go on", async () => {
    const socket = page.connect();
    const errors: unknown[] = [];
    socket.on("connect_error", (error) => errors.push(error));
    for (let index = 0; index < 4; index++) {
      page.last.break();
      await page.nextAttempt();
    }
    expect(errors).toMatchObject([{ code: "ERR_UNREACHABLE" }]);
    expect(socket.error).toBe(errors[0]);
    expect(socket.state).not.toBe("closed");
  });

  it("warns in the console where nothing listens to errors", async () => {
    page.connect();
    page.last.break();
    await settled();
    expect(console.warn).toHaveBeenCalledWith(expect.objectContaining({ code: "ERR_UNREACHABLE" }));
  });

  it("in a runtime without WebSocket is one clear error", () => {
    const socket = page.connect({ WebSocket: undefined as never });
    expect(socket.state).toBe("closed");
    expect(socket.error).toMatchObject({
      code: "ERR_OPTION",
      message: expect.stringContaining("option WebSocket"),
    });
  });
});
