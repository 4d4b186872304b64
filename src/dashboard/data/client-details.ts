/** Everything about one client of this process that is no secret. */

import type { Hub } from "../../core/hub.ts";
import { describeSocket } from "../../core/model/socket-info.ts";
import type { ClientDetails, ClientName } from "../api.ts";
import { type ClientViewSettings, clientRow } from "./client-list.ts";
import { preview } from "./preview.ts";

/** The most rooms that are named. */
const maxRooms = 1000;
/** The most characters of public data. */
const maxPublicData = 10_000;

/** Describes a client; `null` where this process does not have it. */
export function clientDetails(
  hub: Hub,
  { namespace, sid }: ClientName,
  { process, showsPayloads }: ClientViewSettings,
): ClientDetails | null {
  const socket = hub.namespaces.find(namespace, sid);
  if (socket === undefined || !socket.isConnected) return null;
  const { handshake } = describeSocket(socket);
  const others = [...hub.namespaces.all()]
    .filter(({ name }) => name !== namespace && socket.client.socketIn(name) !== undefined)
    .map(({ name }) => name);
  const names = [...socket.rooms].sort();
  return {
    ...clientRow(socket, process),
    roomNames: names.slice(0, maxRooms),
    secure: handshake.secure,
    url: handshake.url,
    headers: Object.fromEntries(
      Object.entries(handshake.headers).map(([name, value]) => [name, [value].flat().join(", ")]),
    ),
    protocol: socket.client.isEio3 ? 3 : 4,
    recovered: socket.recovered,
    publicData: showsPayloads && socket.hasPublicData ? preview(socket.publicData, maxPublicData) : null,
    otherNamespaces: others,
  };
}
