/** A hub with a backplane of the test. */

import type { AckListener } from "../../src/core/model/ack-listener.ts";
import type { Operation } from "../../src/core/model/operation.ts";
import { describeSocket } from "../../src/core/model/socket-info.ts";
import type { Backplane } from "../../src/core/ports.ts";
import type { RecoverySettings } from "../../src/core/recovery/recovery.ts";
import { deferred } from "../support/waiting.ts";
import { Site } from "./site.ts";

const far = { ...describeSocket(new Site().peer().join()), sid: "far", rooms: ["far", "house"] };

/** Makes a hub whose backplane records its calls, in order with what happens at the same time. */
export function linked(recovery: RecoverySettings | null = null) {
  const site = new Site({}, recovery);
  const told: unknown[] = [];
  const asked: AckListener[] = [];
  const known = deferred();
  const watched: string[] = [];
  const waits: { namespace: Promise<void> | null; room: Promise<void> | null } = {
    namespace: null,
    room: null,
  };
  const backplane: Backplane = {
    emit: ({ rooms }, packet, event, values) => void told.push([event, values, rooms, packet.plain().text]),
    publish(operation: Operation) {
      told.push(operation);
      return known.promise;
    },
    ask({ event, target: { sid } }, timeout, listener) {
      told.push([event, sid, timeout]);
      asked.push(listener);
      return () => void told.push("stop");
    },
    sidPrefix: "here-",
    onNamespaceOpen(name) {
      watched.push(`${name} opens`);
      return waits.namespace;
    },
    onNamespaceEmpty: (name) => void watched.push(`${name} is empty`),
    onRoomOpen: (_namespace, name) => void watched.push(`${name} opens`),
    onRoomEmpty: (_namespace, name) => void watched.push(`${name} is empty`),
    subscribed: () => waits.room,
    sockets: async ({ sid }) =>
      sid === "nobody" ? { sockets: [], missing: ["node 3"] } : { sockets: [far], missing: [] },
    count: async ({ rooms }) => ({ count: rooms === null ? 7 : 2, missing: ["node 4"] }),
  };
  site.hub.namespaces.useBackplane(backplane);
  const peer = site.peer();
  return { site, told, asked, known, watched, waits, peer, socket: peer.join() };
}
