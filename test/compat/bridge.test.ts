/** Programs for socket.io's server run on that and on the bridge. Server and clients see the same. */

import { describe, expect, it } from "vitest";
import { Touches } from "./api/touches.ts";
import { programs } from "./programs/programs.ts";
import { asRoomcastDoes } from "./programs/roomcast-transcript.ts";
import { runOnBoth } from "./programs/stage.ts";

const touched = new Touches();

describe.each([["websocket"], ["polling"]])("A socket.io program over %s", (transport) => {
  it.concurrent.each(Object.entries(programs))("sees and sends the same: %s", async (what, program) => {
    const { stock, bridge } = await runOnBoth(program, { transports: [transport] }, touched.of(what));
    expect(asRoomcastDoes(bridge)).toEqual(asRoomcastDoes(stock));
    expect(Object.values(stock).flat().length).toBeGreaterThan(1);
  });
});

describe("The programs", () => {
  it("use the names of socket.io's API that the list says they show", () => {
    expect(touched.contradictions()).toEqual([]);
  });
});
