/**
 * Questions and answers between processes, as plain data. A program that writes to the message queue can
 * write anything, so each body is read and checked here before it has any effect.
 */

import type { Carrier } from "../../base/tracing/context-propagation.ts";
import type { DisconnectNotice } from "../../core/model/disconnect-notice.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { SocketInfo } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";

/** A question to other processes. The event of an `"ask"` travels beside it. */
export type QuestionBody =
  | { readonly type: "operation"; readonly operation: Operation }
  | { readonly type: "ask"; readonly target: Target; readonly timeout: number | null }
  | { readonly type: "sockets"; readonly target: Target }
  | { readonly type: "count"; readonly target: Target }
  /** Its event is for the process itself. */
  | { readonly type: "server event"; readonly timeout: number };

/** A question of a newer process. It is answered all the same: silence would hold that process up. */
export interface UnknownQuestion {
  readonly type: "unknown";
}

/** An answer. */
export type AnswerBody =
  | { readonly type: "done" }
  | { readonly type: "asking" }
  | { readonly type: "answered"; readonly sid: string }
  | { readonly type: "failed"; readonly sid: string; readonly failure: "timeout" | "disconnected" }
  | { readonly type: "sockets"; readonly sockets: readonly SocketInfo[] }
  | { readonly type: "count"; readonly count: number }
  | { readonly type: "handled" }
  | { readonly type: "not handled"; readonly failure: "no handler" | "handler failed" | "timeout" };

/** An object of JSON whose members are not known. */
type Members = Readonly<Record<string, unknown>>;

/**
 * The namespace among whose events a copy of a question was passed; `null` for none.
 *
 * @throws RangeError for anything but a question
 */
export function readPassedIn(body: unknown): string | null {
  const { passedIn } = objectOf(body);
  return passedIn === undefined ? null : textOf(passedIn);
}

/**
 * The context of the process that asks; `null` where it does not trace.
 *
 * @throws RangeError for anything but a question
 */
export function readCarrier(body: unknown): Carrier | null {
  const { carrier } = objectOf(body);
  return carrier === undefined ? null : membersOf(carrier, textOf);
}

/**
 * Reads a question.
 *
 * @throws RangeError where a member is missing or of another kind
 */
export function readQuestion(body: unknown): QuestionBody | UnknownQuestion {
  const { type, operation, target, timeout } = objectOf(body);
  switch (type) {
    case "operation":
      return { type, operation: operationOf(operation) };
    case "ask":
      return { type, target: targetOf(target), timeout: timeout === null ? null : timeOf(timeout) };
    case "sockets":
    case "count":
      return { type, target: targetOf(target) };
    case "server event":
      return { type, timeout: timeOf(timeout) };
    default:
      return { type: "unknown" };
  }
}

/**
 * Reads an answer.
 *
 * @throws RangeError where a member is missing or of another kind
 */
export function readAnswer(body: unknown): AnswerBody {
  const { type, sid, failure, sockets, count } = objectOf(body);
  switch (type) {
    case "answered":
      return { type, sid: textOf(sid) };
    case "failed":
      if (failure !== "timeout" && failure !== "disconnected") throw unlike("failure");
      return { type, sid: textOf(sid), failure };
    case "sockets":
      return { type, sockets: listOf(sockets, socketOf) };
    case "count":
      return { type, count: timeOf(count) };
    case "not handled":
      if (failure !== "no handler" && failure !== "handler failed" && failure !== "timeout") {
        throw unlike("failure");
      }
      return { type, failure };
    case "handled":
    case "asking":
      return { type };
    default:
      // An answer of a newer process, of a kind that is not known here.
      return { type: "done" };
  }
}

function operationOf(value: unknown): Operation {
  const { type, target, room, rooms, namespace, close, notice } = objectOf(value);
  switch (type) {
    case "join":
    case "leave":
      return { type, target: targetOf(target), rooms: listOf(rooms, textOf) };
    case "close room":
      return { type, namespace: textOf(namespace), room: textOf(room) };
    case "disconnect":
      return { type, target: targetOf(target), close: close === true, notice: noticeOf(notice) };
    default:
      throw unlike("operation");
  }
}

function targetOf(value: unknown): Target {
  const { namespace, sid, rooms, skip } = objectOf(value);
  return {
    namespace: textOf(namespace),
    sid: sid === null ? null : textOf(sid),
    rooms: rooms === null ? null : listOf(rooms, textOf),
    skip: skip === null ? null : listOf(skip, textOf),
  };
}

function noticeOf(value: unknown): DisconnectNotice | null {
  if (value === null) return null;
  const { reason, code, retry } = objectOf(value);
  return {
    ...(reason === undefined ? {} : { reason: textOf(reason) }),
    ...(code === undefined ? {} : { code: typeof code === "number" ? code : textOf(code) }),
    retry: retry === true,
  };
}

function socketOf(value: unknown): SocketInfo {
  const { sid, namespace, rooms, publicData, handshake, transport } = objectOf(value);
  const { time, address, secure, url, query, headers } = objectOf(handshake);
  return {
    sid: textOf(sid),
    namespace: textOf(namespace),
    rooms: listOf(rooms, textOf),
    publicData: { ...objectOf(publicData) },
    handshake: {
      time: timeOf(time),
      address: textOf(address),
      secure: secure === true,
      url: textOf(url),
      query: membersOf(query, textOf),
      headers: membersOf(headers, (field) => (Array.isArray(field) ? listOf(field, textOf) : textOf(field))),
    },
    transport: textOf(transport),
  };
}

function objectOf(value: unknown): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unlike("object");
  return value as Members;
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw unlike("text");
  return value;
}

/** A number of ms, or of anything else that is never negative. */
function timeOf(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0)) throw unlike("number");
  return value;
}

function listOf<Item>(value: unknown, read: (item: unknown) => Item): Item[] {
  if (!Array.isArray(value)) throw unlike("list");
  return value.map(read);
}

function membersOf<Item>(value: unknown, read: (member: unknown) => Item): Record<string, Item> {
  const entries = Object.entries(objectOf(value)).map(([name, member]) => [name, read(member)] as const);
  return Object.fromEntries(entries);
}

function unlike(kind: string): RangeError {
  return new RangeError(`a question or an answer holds no ${kind} where there must be one`);
}
