/** Programs for socket.io's server run on that and on the bridge. Server and clients see the same. */

import { describe, expect, it } from "vitest";
import { basics } from "./programs/basics.ts";
import { clients } from "./programs/clients.ts";
import { namespaces } from "./programs/namespaces.ts";
import { runOnBoth, type Transcript } from "./programs/stage.ts";

describe.each([["websocket"], ["polling"]])("A socket.io program over %s", (transport) => {
  it.concurrent.each(Object.entries({ ...basics, ...clients, ...namespaces }))(
    "sees and sends the same: %s",
    async (_what, program) => {
      const { stock, bridge } = await runOnBoth(program, [transport]);
      expect(bridge).toEqual(withBetterEnd(stock));
      expect(Object.values(stock).flat().length).toBeGreaterThan(1);
    },
  );
});

/** Stock's server closes polling clients by failing their next request, Roomcast says goodbye to them. */
function withBetterEnd(transcript: Transcript): Transcript {
  const better = (line: string) => line.replace("disconnect transport error", "disconnect transport close");
  return Object.fromEntries(
    Object.entries(transcript).map(([observer, lines]) => [
      observer,
      observer === "server" ? lines : lines.map(better),
    ]),
  );
}
