import { describe, expect, it } from "vitest";
import { SessionState } from "../../../src/backplane/recovery/session-state.ts";
import {
  areAlike,
  eventTime,
  formatRecord,
  freshTime,
  parseRecord,
  recordTime,
  refreshInterval,
} from "../../../src/backplane/recovery/stored-record.ts";
import { MembershipHistory } from "../../../src/core/recovery/membership-history.ts";

const bounds = { maxEvents: 1000, maxDisconnection: 60_000, retention: 120_000 };
const described = { data: { step: 1 }, publicData: { name: "Ann" }, visitor: "digest", ends: null };

function client(): SessionState<{ pid: string; sid: string }> {
  const where = new MembershipHistory("ann");
  where.begin(7);
  const made = new SessionState({ pid: "secret of ann", sid: "ann" }, where, 1, false);
  made.through = 9;
  return made;
}

describe("the record of a client", () => {
  it("says all that another node needs, and not the secret by which the client returns", () => {
    const json = formatRecord(client(), described);
    expect(parseRecord(json)).toEqual({
      ...described,
      sid: "ann",
      where: client().where.toJSON(),
      through: 9,
    });
    expect(json).not.toContain("secret");
  });

  it("is alike where only rooms and offsets differ", () => {
    const json = formatRecord(client(), described);
    const later = client();
    later.through = 100;
    later.where.join(',"sid":"ann","where":')(12);
    later.where.leave(',"sid":"ann","where":')(13);
    expect(areAlike(json, formatRecord(later, described), "ann")).toBe(true);
    for (const other of [
      { ...described, data: { step: 2 } },
      { ...described, data: { step: 1, more: true } },
      { ...described, publicData: {} },
      { ...described, visitor: null },
    ]) {
      expect(areAlike(json, formatRecord(client(), other), "ann")).toBe(false);
    }
    expect(areAlike("", "", "ann")).toBe(false);
  });

  it("may lack the fields that an earlier version did not write", () => {
    const { visitor, ends, ...rest } = parseRecord(formatRecord(client(), described));
    expect([visitor, ends]).toEqual(["digest", null]);
    expect(parseRecord(JSON.stringify(rest))).toMatchObject({ visitor: null, ends: null });
  });

  it("cannot be written with a value that is no JSON", () => {
    expect(() => formatRecord(client(), { ...described, data: { big: 1n } })).toThrow("BigInt");
  });
});

describe("the time that an event is kept", () => {
  it("covers the events since a record that is two writes old", () => {
    expect(eventTime(bounds)).toBe(160_000);
    expect(eventTime({ ...bounds, maxDisconnection: 3001, retention: 0.5 })).toBe(2002);
  });
});

describe("how old a record may be that is not written when its client comes back", () => {
  it("leaves time for one write and one more absence until the events that follow it are gone", () => {
    expect(freshTime(bounds) + refreshInterval(bounds) + bounds.maxDisconnection).toBe(eventTime(bounds));
  });
});

describe("the time that a record is kept", () => {
  it("is as long as its client may be away", () => {
    expect(recordTime(bounds, false)).toBe(61_000);
  });

  it("outlasts two writes and the events while the client is here", () => {
    expect(refreshInterval(bounds)).toBe(20_000);
    expect(recordTime(bounds, true)).toBe(161_000);
  });

  it("is written again at least every 30 s, at most every 0.5 s", () => {
    const intervals = [1, 3000, 3_600_000].map((maxDisconnection) =>
      refreshInterval({ ...bounds, maxDisconnection }),
    );
    expect(intervals).toEqual([500, 1000, 30_000]);
  });
});
