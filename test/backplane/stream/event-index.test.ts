import { describe, expect, it } from "vitest";
import { EventIndex } from "../../../src/backplane/stream/event-index.ts";
import type { StreamEvent } from "../../../src/backplane/stream/stream-event.ts";
import { everyoneIn, type Target } from "../../../src/core/model/target.ts";
import { encodeEvent } from "../../../src/protocol/socket-packet-encoder.ts";
import { Random } from "../../fuzz/random.ts";

function event(offset: number, target: Partial<Target>): StreamEvent {
  const content = { event: encodeEvent("/", ["said", offset]), compress: true };
  return { target: { ...everyoneIn("/"), ...target }, ...content, offset, origin: "node", id: offset };
}

/** An index of events that follow an offset. */
function indexOf(after: number, ...targets: readonly Partial<Target>[]): EventIndex {
  const index = new EventIndex(after);
  for (const [place, target] of targets.entries()) index.add(event(after + 1 + place, target));
  return index;
}

const offsets = (events: readonly StreamEvent[]) => events.map(({ offset }) => offset);

describe("the events of a stream by their names", () => {
  it("finds those for some rooms and for everybody, in order", () => {
    const index = indexOf(10, { rooms: ["red"] }, {}, { rooms: ["blue"] }, { sid: "me" }, { rooms: ["red"] });
    const range = index.rangeAfter(10);
    expect(offsets(range.about(["red", "me"]))).toEqual([11, 12, 14, 15]);
    expect(offsets(range.about([]))).toEqual([12]);
    expect(offsets(range.about(["blue"]))).toEqual([12, 13]);
    expect(index.size).toBe(5);
  });

  it("finds an event once that is for several of the rooms", () => {
    const index = indexOf(0, { rooms: ["red", "blue"] }, { rooms: ["blue", "blue"] }, { rooms: ["red"] });
    expect(offsets(index.rangeAfter(0).about(["blue", "red", "blue"]))).toEqual([1, 2, 3]);
  });

  it("gives a range that neither begins earlier nor ends later", () => {
    const index = indexOf(0, { rooms: ["red"] }, { rooms: ["red"] }, { rooms: ["red"] });
    const range = index.rangeAfter(1);
    index.add(event(4, { rooms: ["red"] }));
    expect(range.end).toBe(3);
    expect(offsets(range.about(["red"]))).toEqual([2, 3]);
    expect(offsets(index.rangeAfter(4).about(["red"]))).toEqual([]);
    expect(index.rangeAfter(4).end).toBe(4);
  });

  it("is empty before the first event", () => {
    const range = new EventIndex(7).rangeAfter(7);
    expect(range.end).toBe(7);
    expect(range.about(["red"])).toEqual([]);
  });

  it("finds what a look at every event finds, whatever the events are for", () => {
    const random = new Random(11);
    const names = ["a", "b", "c", "d"];
    const some = () => names.filter(() => random.oneIn(3));
    for (let trial = 0; trial < 200; trial += 1) {
      const targets = Array.from(
        { length: random.below(30) },
        (): Partial<Target> =>
          random.oneIn(4) ? {} : random.oneIn(3) ? { sid: random.pick(["a", "b", "c"]) } : { rooms: some() },
      );
      const from = random.below(targets.length + 1);
      const asked = some();
      const expected = targets.flatMap(({ sid = null, rooms = null }, place) => {
        const isMeant =
          sid !== null ? asked.includes(sid) : (rooms?.some((room) => asked.includes(room)) ?? true);
        return isMeant && place >= from ? [place + 1] : [];
      });
      expect(
        offsets(
          indexOf(0, ...targets)
            .rangeAfter(from)
            .about(asked),
        ),
      ).toEqual(expected);
    }
  });
});
