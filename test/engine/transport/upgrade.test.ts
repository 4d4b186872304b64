import { describe, expect, it } from "vitest";
import { Upgrade, type UpgradeOwner, type UpgradeState } from "../../../src/engine/transport/upgrade.ts";
import type { WebSocketTransport } from "../../../src/engine/transport/websocket-transport.ts";
import { FakeLink } from "../../support/fake-link.ts";

class Owner implements UpgradeOwner {
  readonly told: unknown[] = [];
  readonly meter = null;

  onProbed(): void {
    this.told.push("probed");
  }

  onUpgraded(transport: WebSocketTransport): void {
    this.told.push(["upgraded", transport]);
  }

  onUpgradeFailed(upgrade: Upgrade): void {
    this.told.push(["failed", upgrade]);
  }
}

const events = {
  "the probe": ({ link }) => link.receive("2probe"),
  "the change": ({ link }) => link.receive("5"),
  "a message": ({ link }) => link.receive("4hello"),
  "a ping that is no probe": ({ link }) => link.receive("2"),
  "an empty text": ({ link }) => link.receive(""),
  bytes: ({ link }) => link.receive(new Uint8Array([5])),
  "the link's end": ({ link }) => link.end(),
  "a broken link": ({ link }) => link.end("error"),
  "the end of its time": ({ upgrade }) => upgrade.cancel(),
} satisfies Record<string, (under: { link: FakeLink; upgrade: Upgrade }) => void>;

type EventName = keyof typeof events;

/** How to get into each state. */
const paths: Record<UpgradeState, readonly EventName[]> = {
  probing: [],
  probed: ["the probe"],
  upgraded: ["the probe", "the change"],
  failed: ["the end of its time"],
};

function setUp(state: UpgradeState) {
  const link = new FakeLink();
  const owner = new Owner();
  const upgrade = new Upgrade(link, owner);
  link.listener = upgrade.transport;
  for (const event of paths[state]) events[event]({ link, upgrade });
  expect(upgrade.state).toBe(state);
  owner.told.length = link.writes.length = link.endings.length = 0;
  return { link, owner, upgrade };
}

const names = Object.keys(events) as EventName[];

describe("Upgrade", () => {
  const table: [UpgradeState, EventName, UpgradeState][] = [
    ["probing", "the probe", "probed"],
    ...names.slice(1).map((name): [UpgradeState, EventName, UpgradeState] => ["probing", name, "failed"]),
    ["probed", "the change", "upgraded"],
    ...names
      .filter((name) => name !== "the change")
      .map((name): [UpgradeState, EventName, UpgradeState] => ["probed", name, "failed"]),
    ...names.map((name): [UpgradeState, EventName, UpgradeState] => ["upgraded", name, "upgraded"]),
    ...names.map((name): [UpgradeState, EventName, UpgradeState] => ["failed", name, "failed"]),
  ];

  it.each(table)("that is %s becomes by %s: %s", (before, event, after) => {
    const { link, owner, upgrade } = setUp(before);
    events[event]({ link, upgrade });
    expect(upgrade.state).toBe(after);
    const effects = { told: owner.told, messages: link.messages, endings: link.endings };
    if (before === after) expect(effects).toEqual({ told: [], messages: [], endings: [] });
    else if (after === "probed")
      expect(effects).toEqual({ told: ["probed"], messages: ["3probe"], endings: [] });
    else if (after === "upgraded")
      expect(effects).toEqual({ told: [["upgraded", upgrade.transport]], messages: [], endings: [] });
    else expect(effects).toEqual({ told: [["failed", upgrade]], messages: [], endings: ["terminate"] });
  });

  it("answers the probe before its owner hears of it, so that nothing overtakes the answer", () => {
    const link = new FakeLink();
    const seen: unknown[] = [];
    const owner = new Owner();
    owner.onProbed = () => seen.push(...link.messages);
    const upgrade = new Upgrade(link, owner);
    link.listener = upgrade.transport;
    link.receive("2probe");
    expect(seen).toEqual(["3probe"]);
  });

  it("probes a link that frames messages by itself", () => {
    const link = new FakeLink({ takesFrames: false });
    const upgrade = new Upgrade(link, new Owner());
    link.listener = upgrade.transport;
    link.receive("2probe");
    expect(link.messages).toEqual(["3probe"]);
  });
});
