/** Programs for socket.io's server run on that and on the bridge. Server and clients see the same. */

import { describe, expect, it } from "vitest";
import { Touches } from "./api/touches.ts";
import { programs } from "./programs/programs.ts";
import { runOnBoth, type Transcript } from "./programs/stage.ts";

const touched = new Touches();

describe.each([["websocket"], ["polling"]])("A socket.io program over %s", (transport) => {
  it.concurrent.each(Object.entries(programs))("sees and sends the same: %s", async (what, program) => {
    const { stock, bridge } = await runOnBoth(program, [transport], touched.of(what));
    expect(asRoomcastDoes(bridge)).toEqual(asRoomcastDoes(stock));
    expect(Object.values(stock).flat().length).toBeGreaterThan(1);
  });
});

describe("The programs", () => {
  it("use the names of socket.io's API that the list says they show", () => {
    expect(touched.contradictions()).toEqual([]);
  });
});

/**
 * A transcript of socket.io's server, but for two things that Roomcast does otherwise. It says goodbye to
 * polling clients when it closes, where stock fails their next request; on a busy machine that request may
 * come too late for it. And it accepts a client that comes
 * back before it sends what the client missed.
 */
function asRoomcastDoes(transcript: Transcript): Transcript {
  return Object.fromEntries(
    Object.entries(transcript).map(([observer, lines]) => [
      observer,
      observer === "server"
        ? lines
        : acceptedFirst(
            lines.map((line) => line.replace("disconnect transport error", "disconnect transport close")),
          ),
    ]),
  );
}

function acceptedFirst(lines: readonly string[]): readonly string[] {
  const accepted = lines.indexOf("connect true");
  if (accepted === -1) return lines;
  const lost = lines.findLastIndex((line, index) => index < accepted && line.startsWith("disconnect"));
  const rest = lines.toSpliced(accepted, 1);
  return rest.toSpliced(lost + 1, 0, "connect true");
}
