/** Compares the contracts of two documents, and judges what that means for clients that are in use. */

import { isDeepStrictEqual } from "node:util";
import { quoted } from "../../base/printable.ts";
import { isObject, type JsonValue, resolvePointer } from "./json-pointer.ts";
import { schemaMisfits } from "./schema-difference.ts";

/** What a difference means for clients that know the contract as it was. */
export type DifferenceVerdict = "breaks" | "unclear" | "fine" | "open";

/** One difference of two contracts. */
export interface ContractDifference {
  /** `open`: a part that neither contract has a schema for, so that it was not compared. */
  readonly verdict: DifferenceVerdict;
  readonly namespace: string;
  /** The side that sends the event; left out where the difference is no event's. */
  readonly sender?: "client" | "server";
  readonly event?: string;
  readonly part: "namespace" | "event" | "arguments" | "answer" | "errors" | "auth";
  /** Where in the values, as in `members[].name`; left out for the whole. */
  readonly path?: string;
  readonly text: string;
}

/** A message: the schemas of its values, in order. */
type Message = readonly unknown[];

interface ContractEvent {
  readonly sender: "client" | "server";
  readonly name: string;
  readonly values: Message;
  readonly answer: Message | undefined;
  readonly errors: ReadonlyMap<string, unknown>;
}

interface Namespace {
  readonly auth: unknown;
  readonly events: ReadonlyMap<string, ContractEvent>;
}

type Subject = Pick<ContractDifference, "namespace" | "sender" | "event" | "part">;

/**
 * Finds the differences of two contracts, those that break clients first.
 *
 * @param before - the document of the contract that clients know
 * @param after - of the contract that the server will have
 */
export function contractDifferences(before: JsonValue, after: JsonValue): ContractDifference[] {
  const order: readonly DifferenceVerdict[] = ["breaks", "unclear", "fine", "open"];
  const found = new DocumentComparison(before, after).compare();
  return found.sort((one, other) => order.indexOf(one.verdict) - order.indexOf(other.verdict));
}

class DocumentComparison {
  readonly #before: JsonValue;
  readonly #after: JsonValue;
  readonly #found: ContractDifference[] = [];

  constructor(before: JsonValue, after: JsonValue) {
    this.#before = before;
    this.#after = after;
  }

  compare(): ContractDifference[] {
    const [had, has] = [namespacesOf(this.#before), namespacesOf(this.#after)];
    for (const [name, namespace] of had) {
      const now = has.get(name);
      if (now === undefined) this.#add({ namespace: name, part: "namespace" }, "breaks", "is gone");
      else this.#compareNamespaces(name, namespace, now);
    }
    for (const name of has.keys())
      if (!had.has(name)) this.#add({ namespace: name, part: "namespace" }, "fine", "is new");
    return this.#found;
  }

  #compareNamespaces(namespace: string, had: Namespace, has: Namespace): void {
    const auth: Subject = { namespace, part: "auth" };
    if (had.auth === undefined && has.auth !== undefined)
      this.#add(auth, "unclear", "is checked now, and was not");
    else if (had.auth !== undefined && has.auth === undefined)
      this.#add(auth, "fine", "is not checked any more");
    else if (had.auth !== undefined) this.#compareSchemas(auth, [had.auth, has.auth], "client");
    for (const [key, event] of had.events) {
      const now = has.events.get(key);
      const subject = subjectOf(namespace, event);
      if (now === undefined) this.#add({ ...subject, part: "event" }, "breaks", "is gone");
      else this.#compareEvents(subject, event, now);
    }
    for (const [key, event] of has.events) {
      if (had.events.has(key)) continue;
      const subject: Subject = { ...subjectOf(namespace, event), part: "event" };
      const wantsAnswer = event.sender === "server" && event.answer !== undefined;
      if (wantsAnswer) this.#add(subject, "unclear", "is new, and wants an answer that clients do not give");
      else this.#add(subject, "fine", "is new");
    }
  }

  #compareEvents(event: Omit<Subject, "part">, had: ContractEvent, has: ContractEvent): void {
    const { sender } = had;
    this.#compareMessages({ ...event, part: "arguments" }, [had.values, has.values], sender);
    const answer: Subject = { ...event, part: "answer" };
    if (had.answer !== undefined && has.answer !== undefined)
      this.#compareMessages(answer, [had.answer, has.answer], sender === "client" ? "server" : "client");
    else if (had.answer !== undefined) this.#add(answer, "fine", "is not wanted any more");
    else if (has.answer !== undefined) this.#add(answer, "breaks", "is wanted now");
    const errors: Subject = { ...event, part: "errors" };
    for (const [code, schema] of had.errors) {
      const now = has.errors.get(code);
      if (now === undefined) this.#add(errors, "fine", `${quoted(code)} is gone`);
      else this.#compareSchemas(errors, [schema, now], "server", code);
    }
    for (const code of has.errors.keys())
      if (!had.errors.has(code))
        this.#add(errors, "unclear", `${quoted(code)} is new, and clients do not know it`);
  }

  #compareMessages(subject: Subject, [had, has]: [Message, Message], sender: "client" | "server"): void {
    const [before, after] = [had.length, has.length];
    if (before !== after) {
      const text = `${after === 1 ? "is one value" : `are ${after} values`} now, ${before === 1 ? "was" : "were"} ${before}`;
      // Values that are missing are undefined, which JSON Schema has no word for. Others are refused by the
      // server, and ignored by most clients.
      const isSurplus = before > after;
      this.#add(subject, isSurplus ? "breaks" : "unclear", text);
    }
    for (const [index, schema] of had.slice(0, after).entries()) {
      const place = Math.max(before, after) > 1 ? `[${index}]` : "";
      this.#compareSchemas(subject, [schema, has[index]], sender, place);
    }
  }

  #compareSchemas(
    subject: Subject,
    [had, has]: [unknown, unknown],
    sender: "client" | "server",
    place = "",
  ): void {
    const [before, after] = [
      { schema: had, document: this.#before },
      { schema: has, document: this.#after },
    ];
    const misfits =
      sender === "client" ? schemaMisfits(before, after, sender) : schemaMisfits(after, before, sender);
    for (const { path, verdict, text } of misfits)
      this.#add(
        subject,
        verdict,
        text,
        place !== "" && path !== "" && !path.startsWith("[") ? `${place}.${path}` : `${place}${path}`,
      );
    if (misfits.every(({ verdict }) => verdict === "open") && !isDeepStrictEqual(had, has))
      this.#add(subject, "fine", "changed, and clients that are in use fit", place);
  }

  #add(subject: Subject, verdict: DifferenceVerdict, text: string, path = ""): void {
    this.#found.push({ verdict, ...subject, ...(path !== "" && { path }), text });
  }
}

function subjectOf(namespace: string, { sender, name }: ContractEvent): Omit<Subject, "part"> {
  return { namespace, sender, event: name };
}

/** The namespaces of a document by name, each with its events by direction and name. */
function namespacesOf(document: JsonValue): Map<string, Namespace> {
  const { channels, operations } = document;
  const found = new Map<string, { auth: unknown; events: Map<string, ContractEvent> }>();
  const byChannel = new Map<unknown, Map<string, ContractEvent>>();
  for (const [id, channel] of Object.entries(isObject(channels) ? channels : {})) {
    if (!isObject(channel)) continue;
    const events = new Map<string, ContractEvent>();
    byChannel.set(channel, events);
    const address = typeof channel.address === "string" ? channel.address : id;
    found.set(address, { auth: channel["x-auth"], events });
  }
  for (const operation of Object.values(isObject(operations) ? operations : {})) {
    const event = isObject(operation) ? eventOf(document, operation) : undefined;
    if (event === undefined || !isObject(operation)) continue;
    byChannel.get(follow(document, operation.channel))?.set(`${event.sender} ${event.name}`, event);
  }
  return found;
}

function eventOf(document: JsonValue, operation: JsonValue): ContractEvent | undefined {
  const [message] = messagesOf(document, operation);
  if (message === undefined) return undefined;
  const reply = isObject(operation.reply) ? messagesOf(document, operation.reply) : [];
  const [answer, refusal] = reply;
  return {
    sender: operation.action === "send" ? "server" : "client",
    name: String(message.name),
    values: readMessage(message),
    answer: answer === undefined ? undefined : readMessage(answer),
    errors: refusal === undefined ? new Map() : errorsOf(refusal),
  };
}

function messagesOf(document: JsonValue, { messages }: JsonValue): JsonValue[] {
  const list = Array.isArray(messages) ? messages : [];
  return list.map((reference) => follow(document, reference)).filter(isObject);
}

function follow(document: JsonValue, reference: unknown): unknown {
  return isObject(reference) ? resolvePointer(document, reference.$ref) : undefined;
}

function readMessage(message: JsonValue): Message {
  const { payload = {}, "x-arguments": count } = message;
  if (count === 0) return [];
  const isList = typeof count === "number" && count > 1 && isObject(payload) && Array.isArray(payload.items);
  return isList ? (payload.items as unknown[]) : [payload];
}

/** The schemas of the contract's own errors, by code. */
function errorsOf({ payload }: JsonValue): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const properties = isObject(payload) ? payload.properties : undefined;
  const error = isObject(properties) ? properties.error : undefined;
  const choices = isObject(error) && Array.isArray(error.oneOf) ? error.oneOf : [];
  for (const choice of choices) {
    const parts = isObject(choice) && isObject(choice.properties) ? choice.properties : {};
    if (isObject(parts.code) && typeof parts.code.const === "string")
      found.set(parts.code.const, parts.data ?? {});
  }
  return found;
}
