import { beforeEach, describe, expect, it } from "vitest";
import { StreamChannels } from "../../../src/backplane/stream/stream-channels.ts";
import { clientIn, everyoneIn } from "../../../src/core/model/target.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { deferred } from "../../support/waiting.ts";

const turn = () => new Promise(setImmediate);

let clock: FakeClock;
let asked: string[];
let confirmed: ReturnType<typeof deferred<void>>;
let channels: StreamChannels;

beforeEach(() => {
  clock = new FakeClock();
  asked = [];
  confirmed = deferred();
  const bus = {
    subscribe(channel: string) {
      asked.push(`+${channel}`);
      return confirmed.promise;
    },
    unsubscribe: (channel: string) => asked.push(`-${channel}`),
  };
  channels = new StreamChannels("app{%2F}", bus, clock);
});

const rooms = (...names: string[]) => ({ ...everyoneIn("/"), rooms: names });

describe("the channels of an event", () => {
  it("are one for everybody, one for a client, and one for each of several rooms", () => {
    expect(channels.of(everyoneIn("/"))).toEqual(["app{%2F}:b"]);
    expect(channels.of(clientIn("/", "sid"))).toEqual(["app{%2F}:r:sid"]);
    expect(channels.of(rooms("red", "blue", "red"))).toEqual(["app{%2F}:r:red", "app{%2F}:r:blue"]);
    expect(channels.of(rooms())).toEqual([]);
  });

  it("carry no event for another room or client", () => {
    const red = channels.room("red");
    const long = "x".repeat(300);
    expect(channels.carries(red, rooms("blue", "red"))).toBe(true);
    expect(channels.carries(red, clientIn("/", "red"))).toBe(true);
    expect(channels.carries(channels.room(long), rooms(long))).toBe(true);
    expect(channels.carries(red, rooms("blue"))).toBe(false);
    expect(channels.carries(red, clientIn("/", "sid"))).toBe(false);
    expect(channels.carries(red, everyoneIn("/"))).toBe(false);
    expect(channels.carries(channels.room(long), everyoneIn("/"))).toBe(false);
    expect(channels.carries(channels.everyone, rooms("red"))).toBe(true);
  });
});

describe("a channel", () => {
  it("is heard from the first holder until 5 s after the last one", () => {
    const red = channels.room("red");
    channels.hold(red);
    channels.hold(red);
    channels.release(red);
    clock.advance(10_000);
    expect([asked, channels.isHeard(red)]).toEqual([[`+${red}`], true]);
    channels.release(red);
    clock.advance(4999);
    expect(channels.isHeard(red)).toBe(true);
    clock.advance(1);
    expect([asked, channels.isHeard(red)]).toEqual([[`+${red}`, `-${red}`], false]);
  });

  it("has to be waited for until the broker confirms it", async () => {
    const red = channels.room("red");
    expect(channels.confirmed(red)).toBeNull();
    channels.hold(red);
    expect(channels.confirmed(red)).toBeInstanceOf(Promise);
    confirmed.resolve();
    await turn();
    expect(channels.confirmed(red)).toBeNull();
  });

  it("knows its latest event only while it is heard", () => {
    const red = channels.room("red");
    channels.note(red, 3);
    expect(channels.latestOf(red)).toBe(0);
    channels.hold(red);
    channels.note(red, 4);
    expect(channels.latestOf(red)).toBe(4);
    channels.release(red);
    clock.advance(5000);
    channels.hold(red);
    expect(channels.latestOf(red)).toBe(0);
  });

  it("knows since which offset all on it is heard: the first that it is told, until it is not heard", () => {
    const red = channels.room("red");
    channels.heardSince(red, 3);
    expect(channels.since(red)).toBeUndefined();
    channels.hold(red);
    channels.heardSince(red, 5);
    channels.heardSince(red, 7);
    expect(channels.since(red)).toBe(5);
    channels.release(red);
    clock.advance(5000);
    channels.hold(red);
    expect(channels.since(red)).toBeUndefined();
  });

  it("knows no offsets of an epoch that is over, and is still heard", () => {
    const red = channels.room("red");
    channels.hold(red);
    channels.note(red, 4);
    channels.heardSince(red, 3);
    channels.forgetOffsets();
    expect([channels.latestOf(red), channels.since(red), channels.isHeard(red)]).toEqual([
      0,
      undefined,
      true,
    ]);
  });

  it("is not heard after the end, also one that lingers, and no timer goes on", () => {
    channels.hold(channels.everyone);
    channels.hold(channels.room("red"));
    channels.release(channels.room("red"));
    channels.close();
    expect(asked.slice(2).sort()).toEqual([`-${channels.everyone}`, `-${channels.room("red")}`]);
    clock.advance(10_000);
    expect(asked).toHaveLength(4);
  });
});
