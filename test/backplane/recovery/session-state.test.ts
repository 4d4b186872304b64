import { expect, it } from "vitest";
import { recordKeyOf, SessionState } from "../../../src/backplane/recovery/session-state.ts";
import { MembershipHistory } from "../../../src/core/recovery/membership-history.ts";

it("names a record so that its readers do not learn the secret of the client", () => {
  const keys = ["pid 1", "pid 2", ""].map(recordKeyOf);
  expect(new Set(keys).size).toBe(3);
  for (const key of keys) expect(key).not.toContain("pid");
  expect(recordKeyOf("pid 1")).toBe(keys[0]);
});

it("begins as a client that is not here yet, with nothing to write", () => {
  const state = new SessionState({ pid: "pid", sid: "sid" }, new MembershipHistory("sid"), 3, true);
  expect(state).toMatchObject({ key: recordKeyOf("pid"), generation: 3, isStored: true, isHere: false });
  expect([state.isDirty, state.isTainted, state.saving, state.open.size]).toEqual([false, false, null, 0]);
});
