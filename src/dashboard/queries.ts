/** Reads what the page asks for: parameters of URLs, and commands. */

import { RoomcastError } from "../base/errors.ts";
import { isPlainObject } from "../base/options.ts";
import type { ClientName, ClientQuery, Command, ListPlace, RoomQuery } from "./api.ts";
import { isClientOrder } from "./data/client-list.ts";
import { isRoomOrder } from "./data/room-list.ts";

/** The most rows of a page. */
const maxLimit = 200;
/** How far into the list of rooms a page can lie. */
const maxOffset = 5000;
/** The longest text to search for, in characters. */
const maxSearch = 200;

/** A query for clients. */
export function clientQuery(query: URLSearchParams): ClientQuery {
  const order = query.get("order") ?? "since";
  if (!isClientOrder(order)) throw badRequest("order names nothing that clients are sorted by");
  return {
    type: "clients",
    ...listPart(query),
    room: query.get("room"),
    order,
    after: placeOf(query.get("after")),
  };
}

/** A query for rooms. */
export function roomQuery(query: URLSearchParams): RoomQuery {
  const order = query.get("order") ?? "members";
  if (!isRoomOrder(order)) throw badRequest("order names nothing that rooms are sorted by");
  const offset = Number(query.get("offset") ?? 0);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > maxOffset)
    throw badRequest(`offset must be an integer from 0 to ${maxOffset}: search for a part of the name`);
  return { type: "rooms", ...listPart(query), order, offset };
}

/** The client that a query names. */
export function clientName(query: URLSearchParams): ClientName {
  return { namespace: textOf(query.get("namespace"), "namespace"), sid: textOf(query.get("sid"), "sid") };
}

/** The number from which on a page wants to know what happened to a client. */
export function tailStart(query: URLSearchParams): number {
  const after = Number(query.get("after") ?? 0);
  if (!Number.isSafeInteger(after) || after < 0) throw badRequest("after must be a number of an entry");
  return after;
}

/** A command of the page. */
export function commandOf(given: unknown): Command {
  if (!isPlainObject(given)) throw badRequest("a command is an object");
  const name = { namespace: textOf(given.namespace, "namespace"), sid: textOf(given.sid, "sid") };
  switch (given.type) {
    case "emit": {
      const { values } = given;
      if (!Array.isArray(values)) throw badRequest("values must be a list");
      return { type: "emit", ...name, event: textOf(given.event, "event"), values };
    }
    case "join":
    case "leave":
      return { type: given.type, ...name, room: textOf(given.room, "room") };
    case "disconnect": {
      const reason = typeof given.reason === "string" ? given.reason.slice(0, maxSearch) : "";
      return { type: "disconnect", ...name, reason, whole: given.whole === true };
    }
    default:
      throw badRequest("the type of the command is not known");
  }
}

/** The credentials of an attempt to sign in. */
export function credentialsOf(given: unknown): { readonly username: string; readonly password: string } {
  if (!isPlainObject(given) || typeof given.username !== "string" || typeof given.password !== "string")
    throw badRequest("username and password must be texts");
  return { username: given.username, password: given.password };
}

/** What the page gets for a request that is not as it should be. */
export function badRequest(message: string): RoomcastError {
  return new RoomcastError("ERR_OPTION", `${message.charAt(0).toUpperCase()}${message.slice(1)}.`);
}

function listPart(query: URLSearchParams) {
  const limit = Number(query.get("limit") ?? 50);
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxLimit)
    throw badRequest(`limit must be an integer from 1 to ${maxLimit}`);
  return {
    search: (query.get("search") ?? "").slice(0, maxSearch),
    namespace: query.get("namespace"),
    descending: query.get("descending") !== "false",
    limit,
  };
}

function placeOf(text: string | null): ListPlace | null {
  if (text === null) return null;
  try {
    const [key, id] = JSON.parse(text) as readonly unknown[];
    if ((typeof key === "string" || typeof key === "number") && typeof id === "string") return [key, id];
  } catch {
    // As any other text that names no place.
  }
  throw badRequest("after names no place in the list");
}

function textOf(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw badRequest(`${name} must be a text that is not empty`);
  return value;
}
