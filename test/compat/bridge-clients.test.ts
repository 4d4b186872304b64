/**
 * Programs for socket.io's server, with older clients and with the parser for MessagePack. `ALL_TRANSPORTS=1`
 * runs each of them on both transports.
 */

import { describe, expect, it } from "vitest";
import { basics } from "./programs/basics.ts";
import type { ClientKind } from "./programs/client-kinds.ts";
import { clients } from "./programs/clients.ts";
import { engine } from "./programs/engine.ts";
import { names } from "./programs/names.ts";
import { namespaces } from "./programs/namespaces.ts";
import { options } from "./programs/options.ts";
import { real } from "./programs/real.ts";
import { asRoomcastDoes } from "./programs/roomcast-transcript.ts";
import { runOnBoth } from "./programs/stage.ts";

const programs = { ...basics, ...clients, ...namespaces, ...names, ...real, ...engine, ...options };

const noAuth = "it has no auth at the root";
const ownParser = "the program brings another parser";
const packets = "it writes packets down as they are: the members of MessagePack have another order";
const farewell = "over polling it may close the connection before the server does";
const noRecovery = {
  "clients that come back with their state": "it does not come back with its state",
  "middleware for clients that come back": "it does not come back with its state",
};

/** Programs that a kind of client cannot run, each with the reason. */
const left: Readonly<Record<ClientKind, Readonly<Record<string, string>>>> = {
  "2.5": {
    "middleware before a client is accepted": noAuth,
    "private messages, with sessions of the program's own": noAuth,
    "the parser for MessagePack": ownParser,
    "a parser of the program's own": ownParser,
    ...noRecovery,
    "requests that are refused": "another payload brings the acceptance",
    "ids of connections": "it has an id of its own: docs/reference/socket-io.md",
    "connections and their packets": farewell,
    "a message that is too large": farewell,
  },
  "3.1": { ...noRecovery, "connections and their packets": farewell },
  "4.8": {},
  msgpack: {
    "a value that is undefined": "it becomes null here, as in JSON, and stays undefined there",
    "clients of Socket.IO 2 and 3": ownParser,
    "connections and their packets": packets,
    "a client that does not answer": packets,
  },
};

const kinds = ["2.5", "3.1", "msgpack"] as const satisfies readonly ClientKind[];
const transports = ["websocket", "polling"];
const ways = kinds.flatMap((client) => transports.map((transport) => [client, transport] as const));

describe.each(ways)("A socket.io program with clients %s over %s", (client, transport) => {
  // Each kind of client has half of the programs on each transport, and no two kinds in a row the same half.
  const turn = kinds.indexOf(client) + transports.indexOf(transport);
  const chosen = Object.entries(programs).filter(
    ([what], index) =>
      (process.env.ALL_TRANSPORTS || (index + turn) % 2 === 0) && !Object.hasOwn(left[client], what),
  );

  it.concurrent.each(chosen)("sees and sends the same: %s", async (_what, program) => {
    const { stock, bridge } = await runOnBoth(program, { client, transports: [transport] });
    expect(asRoomcastDoes(bridge)).toEqual(asRoomcastDoes(stock));
    expect(Object.values(stock).flat().length).toBeGreaterThan(1);
  });
});

describe("The programs that a kind of client cannot run", () => {
  it("exist", () => {
    const listed = Object.values(left).flatMap((reasons) => Object.keys(reasons));
    expect(listed.filter((what) => !Object.hasOwn(programs, what))).toEqual([]);
  });
});
