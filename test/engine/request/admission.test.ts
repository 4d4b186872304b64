import { beforeEach, describe, expect, it } from "vitest";
import { Admission, type AdmissionLimits } from "../../../src/engine/request/admission.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const unlimited = Number.POSITIVE_INFINITY;

let clock: FakeClock;
/** The outcome for each client that asked, in order. */
let fates: string[];

beforeEach(() => {
  clock = new FakeClock();
  fates = [];
});

function makeDoor(limits: Partial<AdmissionLimits>): Admission {
  const all = {
    maxConnections: unlimited,
    maxConnectionsPerAddress: unlimited,
    maxConnectionsPerNetwork: null,
    maxHandshakes: unlimited,
  };
  return new Admission({ ...all, ...limits }, clock);
}

/** A client asks to come in, and takes its time to be decided over. */
function ask(door: Admission, name: string, address = "192.0.2.1"): void {
  door.admit(
    address,
    () => {
      fates.push(`${name} in`);
      door.onOpen(address);
      door.begin();
    },
    (error) => fates.push(`${name} ${error}`),
  );
}

describe("Admission", () => {
  it("lets as many in as there may be, and refuses the next one until one has left", () => {
    const door = makeDoor({ maxConnections: 2 });
    for (const name of ["a", "b", "c"]) ask(door, name);
    door.onGone("192.0.2.1");
    ask(door, "d");
    expect(fates).toEqual(["a in", "b in", "c tooManyConnections", "d in"]);
  });

  it("counts each address, and each IPv6 network, alone", () => {
    const door = makeDoor({ maxConnectionsPerAddress: 2 });
    ask(door, "a", "192.0.2.1");
    ask(door, "b", "::ffff:192.0.2.1");
    ask(door, "c", "192.0.2.1");
    ask(door, "d", "192.0.2.2");
    ask(door, "e", "2001:db8:0:1::1");
    ask(door, "f", "2001:db8:0:1:ffff::2");
    ask(door, "g", "2001:0db8::0001:0:0:0:3");
    ask(door, "h", "2001:db8:0:2::1");
    expect(fates).toEqual([
      "a in",
      "b in",
      "c tooManyFromAddress",
      "d in",
      "e in",
      "f in",
      "g tooManyFromAddress",
      "h in",
    ]);
    door.onGone("192.0.2.1");
    ask(door, "i", "192.0.2.1");
    expect(fates.at(-1)).toBe("i in");
  });

  it("counts the addresses of IPv4 that stand in those of IPv6, each alone", () => {
    const door = makeDoor({ maxConnectionsPerAddress: 1 });
    ask(door, "a", "64:ff9b::192.0.2.1");
    ask(door, "b", "64:ff9b::c000:202");
    ask(door, "c", "::ffff:c000:203");
    ask(door, "d", "192.0.2.3");
    ask(door, "e", "192.0.2.1");
    expect(fates).toEqual(["a in", "b in", "c in", "d tooManyFromAddress", "e tooManyFromAddress"]);
  });

  it("counts the networks of one site together: sixteen times as many as from an address", () => {
    const door = makeDoor({ maxConnectionsPerAddress: 2 });
    for (let number = 0; number < 33; number += 1) ask(door, `${number}`, `2001:db8:1:${number}::1`);
    expect(fates.slice(-2)).toEqual(["31 in", "32 tooManyFromNetwork"]);
    ask(door, "neighbour", "2001:db8:2::1");
    for (let number = 0; number < 40; number += 1) ask(door, "IPv4", `192.0.2.${number}`);
    expect(new Set(fates.slice(33))).toEqual(new Set(["neighbour in", "IPv4 in"]));
    door.onGone("2001:db8:1:0::1");
    ask(door, "next", "2001:db8:1:ff::1");
    expect(fates.at(-1)).toBe("next in");
  });

  it("counts the networks of one site up to a number of their own", () => {
    const door = makeDoor({ maxConnectionsPerNetwork: 1 });
    ask(door, "a", "2001:db8:1:1::1");
    ask(door, "b", "2001:db8:1:2::1");
    ask(door, "c", "2001:db8:2:1::1");
    expect(fates).toEqual(["a in", "b tooManyFromNetwork", "c in"]);
    const wide = makeDoor({ maxConnectionsPerAddress: 1, maxConnectionsPerNetwork: unlimited });
    for (let number = 0; number < 40; number += 1) ask(wide, "w", `2001:db8:1:${number}::1`);
    expect(new Set(fates.slice(3))).toEqual(new Set(["w in"]));
  });

  it("makes clients wait that come while many are being decided over, and lets them in by turns", () => {
    const door = makeDoor({ maxHandshakes: 2 });
    for (const name of ["a", "b", "c", "d"]) ask(door, name);
    expect([fates, door.waiting, door.handshakes]).toEqual([["a in", "b in"], 2, 2]);
    door.end();
    expect([fates.slice(2), door.waiting]).toEqual([["c in"], 1]);
    door.end();
    door.end();
    expect([fates.slice(3), door.waiting, door.handshakes]).toEqual([["d in"], 0, 1]);
    expect(clock.timerCount).toBe(0);
  });

  it("refuses a client that comes when as many wait as are being decided over", () => {
    const door = makeDoor({ maxHandshakes: 2 });
    for (const name of ["a", "b", "c", "d", "e"]) ask(door, name);
    expect(fates).toEqual(["a in", "b in", "e tooManyHandshakes"]);
  });

  it("refuses a client that has waited for 5 s", () => {
    const door = makeDoor({ maxHandshakes: 1 });
    ask(door, "a");
    ask(door, "b");
    clock.advance(4900);
    expect(fates).toEqual(["a in"]);
    clock.advance(300);
    expect([fates, door.waiting]).toEqual([["a in", "b tooManyHandshakes"], 0]);
    door.end();
    expect(fates).toHaveLength(2);
  });

  it("looks again whether there is place when it is a client's turn", () => {
    const door = makeDoor({ maxHandshakes: 1, maxConnections: 2 });
    for (const name of ["a", "b"]) ask(door, name);
    door.onOpen("192.0.2.9");
    door.end();
    expect(fates).toEqual(["a in", "b tooManyConnections"]);
  });

  it("makes no client wait for a server that stops", () => {
    const door = makeDoor({ maxHandshakes: 1 });
    for (const name of ["a", "b"]) ask(door, name);
    door.close();
    expect([fates, door.waiting, clock.timerCount]).toEqual([["a in", "b shuttingDown"], 0, 0]);
    ask(door, "c");
    expect([fates.at(-1), door.isClosed]).toEqual(["c shuttingDown", true]);
  });
});
