/** A process beside foreign servers that a test plays: the parts of its backplane, and calls of clients. */

import type { ForeignBackplaneParts } from "../../../src/backplane/interop/foreign-backplane.ts";
import { RoomcastError } from "../../../src/base/errors.ts";
import { Trace } from "../../../src/base/trace.ts";
import type { Target } from "../../../src/core/model/target.ts";
import { JsonEventPacket } from "../../../src/core/packet/event-packet.ts";
import type { Backplane } from "../../../src/core/ports.ts";
import { FakeBus } from "../../support/fake-bus.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLocalClients } from "../../support/fake-local-clients.ts";

/** The parts of a foreign backplane, all of them fakes. */
export class ForeignSite implements ForeignBackplaneParts {
  readonly bus = new FakeBus();
  readonly clients = new FakeLocalClients();
  readonly clock = new FakeClock();
  readonly trace = new Trace();
  /** What the backplane told its owner, in order. */
  readonly told: string[] = [];
  readonly owner = {
    onUp: () => this.told.push("up"),
    onDown: (error: unknown) => this.told.push(`down: ${error}`),
    onDropped() {},
    onRefused: (error: unknown) => this.told.push(`refused: ${error}`),
    onIgnored: (problem: string) => this.told.push(`ignored: ${problem}`),
    warn: (text: string) => this.told.push(`warning: ${text}`),
    report: (error: unknown) => this.told.push(error instanceof RoomcastError ? error.code : String(error)),
  };
}

/** Calls clients through a backplane, and records what the caller receives. */
export function recordedCall(backplane: Backplane, target: Target, timeout: number | null) {
  const heard: unknown[] = [];
  const asked = { target, packet: new JsonEventPacket("/", "ask", [1]), event: "ask", values: [1] };
  const stop = backplane.ask(asked, timeout, {
    onAnswer: (sid, values) => heard.push([sid, ...values]),
    onFailure: (sid, failure) => heard.push([sid, failure]),
    onEnd: () => heard.push("end"),
  });
  return { heard, stop };
}
