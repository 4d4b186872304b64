import { EventEmitter } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { highWater, lookInterval, WebSocketBridge } from "../../src/relay/websocket-bridge.ts";
import { FakeLink } from "../support/fake-link.ts";

/** The WebSocket to the owner of the connection. */
class FakePeer extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  isTerminated = false;
  readonly sent: unknown[] = [];

  send(message: unknown): void {
    this.sent.push(message);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** The owner sends a message. */
  say(message: string | Uint8Array): void {
    this.emit("message", Buffer.from(message as string), typeof message !== "string");
  }

  /** The owner has closed. */
  end(): void {
    this.readyState = 3;
    this.emit("close");
  }
}

const limits = { maxLength: 1000, longestSilence: 45_000, patience: 10_000 };

/** A client's WebSocket that is connected with its owner's. */
function bridge(link = new FakeLink()) {
  const peer = new FakePeer();
  link.listener = new WebSocketBridge(link, peer as unknown as WebSocket, limits);
  return { link, peer };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("messages", () => {
  it.each([true, false])(
    "go through both ways, whether or not the client's link takes frames: %s",
    (takesFrames) => {
      const { link, peer } = bridge(new FakeLink({ takesFrames }));
      link.receive("4hello");
      link.receive(Buffer.from([1, 2]));
      peer.say("4ä");
      peer.say(Buffer.from([3, 4]));
      expect(peer.sent).toEqual(["4hello", Buffer.from([1, 2])]);
      expect(link.messages).toEqual(["4ä", Buffer.from([3, 4])]);
    },
  );

  it("are not compressed on a link that could: only their sender knows which hold secrets", () => {
    const { link, peer } = bridge(new FakeLink({ takesFrames: false }));
    peer.say("4token");
    expect(link.sent).toEqual([[{ data: "4token", compress: false }]]);
  });

  it("of the client go nowhere while the owner's WebSocket closes", () => {
    const { link, peer } = bridge();
    peer.readyState = 2;
    link.receive("4late");
    expect([peer.sent, link.endings]).toEqual([[], []]);
  });
});

describe("a client that is slow", () => {
  it("is sent no more until it has taken more than half of what waits", () => {
    const { link, peer } = bridge();
    link.bufferedBytes = highWater;
    peer.say("4fits");
    expect(peer.isPaused).toBe(false);
    link.bufferedBytes = highWater + 1;
    peer.say("4too much");
    expect(peer.isPaused).toBe(true);
    link.bufferedBytes = highWater / 2 + 1;
    vi.advanceTimersByTime(10 * lookInterval);
    expect(peer.isPaused).toBe(true);
    link.bufferedBytes = highWater / 2;
    vi.advanceTimersByTime(lookInterval);
    expect(peer.isPaused).toBe(false);
    expect(link.messages).toEqual(["4fits", "4too much"]);
  });

  it("lets its owner close all the same, since a paused WebSocket reads no end", () => {
    const { link, peer } = bridge();
    link.bufferedBytes = highWater + 1;
    peer.say("4too much");
    peer.readyState = 2;
    vi.advanceTimersByTime(lookInterval);
    expect(peer.isPaused).toBe(false);
  });
});

describe("a client that is fast", () => {
  it("is cut off when its owner reads less than it sends", () => {
    const { link, peer } = bridge();
    peer.bufferedAmount = highWater + limits.maxLength;
    link.receive("4most");
    expect(link.endings).toEqual([]);
    peer.bufferedAmount += 1;
    link.receive("4too much");
    expect([link.endings, peer.isTerminated]).toEqual([["terminate"], true]);
  });
});

describe("the end", () => {
  it("of the client's WebSocket ends the owner's at once, and leaves no timer behind", () => {
    const { link, peer } = bridge();
    link.end();
    expect(peer.isTerminated).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("of the owner's WebSocket closes the client's, and cuts it off when it does not close in time", () => {
    const { link, peer } = bridge();
    peer.end();
    expect(link.endings).toEqual(["close"]);
    vi.advanceTimersByTime(limits.patience - 1);
    expect(link.endings).toEqual(["close"]);
    vi.advanceTimersByTime(1);
    expect(link.endings).toEqual(["close", "terminate"]);
  });

  it("comes for both when the owner says nothing for too long", () => {
    const { link, peer } = bridge();
    vi.advanceTimersByTime(limits.longestSilence);
    expect([link.endings, peer.isTerminated]).toEqual([["terminate"], true]);
  });

  it("does not come while the owner says something in time", () => {
    const { link, peer } = bridge();
    for (let times = 0; times < 3; times += 1) {
      vi.advanceTimersByTime(limits.longestSilence - 1);
      peer.say("2");
    }
    expect([link.endings, peer.isTerminated]).toEqual([[], false]);
  });
});
