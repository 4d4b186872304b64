/**
 * What this process asks the others: operations on their clients, calls, lists, counts, and events for
 * servers.
 */

import type { Carrier } from "../../base/tracing/context-propagation.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import type { Operation } from "../../core/model/operation.ts";
import type { FoundCount, FoundSockets, SocketInfo } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import { decodeEvent, encodedOf } from "../../core/packet/event-packet.ts";
import type { AckRequest } from "../../core/ports.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { encodeEvent } from "../../protocol/socket-packet-encoder.ts";
import { type AnswerMessage, encodeMessage } from "../wire/envelope.ts";
import { type QuestionBody, readAnswer } from "../wire/question-bodies.ts";
import type { PendingRequests } from "./pending-requests.ts";
import type { ClusterWays, LocalClients } from "./ports.ts";
import type { ServerReplyListener } from "./server-event.ts";
import { everyProcess, nodeOfSid, nodeSubject } from "./subjects.ts";

/** What requests ask of their cluster. */
export interface ClusterRequestsOwner extends ClusterWays {
  /** What to wait for until all processes have answered the latest greeting; `null` for nothing. */
  readonly introduced: Promise<void> | null;
  /** What to wait for before an operation is sent; `null` for nothing. */
  whenUp(): Promise<void> | null;
  /** The other processes that have clients. */
  nodes(): readonly string[];
  /** How people call a process. */
  labelOf(node: string): string;
}

/** What the asking hears of the answers. */
interface RequestListener {
  onAnswer(message: AnswerMessage): void;
  onEnd(missing: readonly string[]): void;
}

/** A question as it is sent. */
type SentBody = QuestionBody & {
  /** The namespace in which a copy was passed: processes with clients there wait for the copy. */
  readonly passedIn?: string;
  /** The context in which it is asked. */
  readonly carrier?: Carrier;
};

/** See the head of this file. */
export class ClusterRequests {
  /** What has not been answered yet. */
  readonly pending: PendingRequests;
  readonly #node: string;
  readonly #clients: LocalClients;
  readonly #owner: ClusterRequestsOwner;
  /** Settles when the first attempt to connect has ended; `null` once it has. */
  #opening: Promise<void> | null;
  #settleOpening: () => void = () => {};
  /** Operations that wait for the bus. */
  readonly #late = new Set<Promise<void>>();

  /**
   * @param node - this process
   * @param clients - its clients
   * @param pending - waits for the answers
   * @param owner - sends the questions, and knows the other processes
   */
  constructor(node: string, clients: LocalClients, pending: PendingRequests, owner: ClusterRequestsOwner) {
    this.#node = node;
    this.#clients = clients;
    this.pending = pending;
    this.#owner = owner;
    this.#opening = new Promise((resolve) => {
      this.#settleOpening = resolve;
    });
  }

  /** The first attempt to connect has ended. */
  onOpened(): void {
    this.#opening = null;
    this.#settleOpening();
  }

  /** Has an operation carried out. Resolves when all processes have done so, or are given up. */
  publish(operation: Operation): Promise<void> {
    const wait = this.#owner.whenUp();
    if (wait === null) return this.#operate(operation);
    const operated = wait.then(() => this.#operate(operation));
    this.#late.add(operated);
    void operated.then(() => this.#late.delete(operated));
    return operated;
  }

  /** Settles when no operation waits for the bus any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#late);
  }

  #operate(operation: Operation): Promise<void> {
    return new Promise((resolve) => {
      const target = operation.type === "close room" ? null : operation.target;
      this.#send(target, { type: "operation", operation }, null, {
        onAnswer() {},
        onEnd: () => resolve(),
      });
    });
  }

  /** Calls clients. Returns what stops the waiting. */
  ask(
    { target, packet, event, values }: AckRequest,
    timeout: number | null,
    listener: AckListener,
  ): () => void {
    const encoded = encodedOf(packet, target, event, values);
    return this.#send(target, { type: "ask", target, timeout }, encoded, {
      onAnswer: (message) => {
        const answer = readAnswer(message.body);
        if (answer.type === "answered" && message.event !== null)
          listener.onAnswer(answer.sid, decodeEvent(message.event).slice(1));
        else if (answer.type === "failed") listener.onFailure(answer.sid, answer.failure);
      },
      onEnd: (missing) => listener.onEnd(this.#labels(missing)),
    });
  }

  /** Lists clients. */
  sockets(target: Target): Promise<FoundSockets> {
    return new Promise((resolve) => {
      const sockets: SocketInfo[] = [];
      this.#send(target, { type: "sockets", target }, null, {
        onAnswer: ({ body }) => {
          const answer = readAnswer(body);
          if (answer.type === "sockets") sockets.push(...answer.sockets);
        },
        onEnd: (missing) => resolve({ sockets, missing: this.#labels(missing) }),
      });
    });
  }

  /** Counts clients. */
  count(target: Target): Promise<FoundCount> {
    return new Promise((resolve) => {
      let count = 0;
      this.#send(target, { type: "count", target }, null, {
        onAnswer: ({ body }) => {
          const answer = readAnswer(body);
          if (answer.type === "count") count += answer.count;
        },
        onEnd: (missing) => resolve({ count, missing: this.#labels(missing) }),
      });
    });
  }

  /** Tells servers of an event, and waits for nothing. */
  tellServers(event: string, values: readonly unknown[]): void {
    const body = this.#traced({ type: "server event", timeout: 0 });
    const encoded = encodeEvent("/", [event, ...values]);
    this.#owner.send(everyProcess, this.#encode(0, body, encoded));
  }

  /** Tells servers of an event, and waits for what they make of it. */
  askServers(
    event: string,
    values: readonly unknown[],
    timeout: number,
    listener: ServerReplyListener,
  ): void {
    const encoded = encodeEvent("/", [event, ...values]);
    this.#send(null, { type: "server event", timeout }, encoded, {
      onAnswer: ({ origin, body, event: reply }) => {
        const label = this.#owner.labelOf(origin);
        const answer = readAnswer(body);
        if (answer.type === "handled" && reply !== null)
          listener.onReply(label, { values: decodeEvent(reply).slice(1) });
        else if (answer.type === "not handled") listener.onReply(label, { failure: answer.failure });
      },
      onEnd: (missing) => listener.onEnd(this.#labels(missing)),
    });
  }

  /**
   * Asks the process of a client, or all processes.
   *
   * @returns what stops the waiting
   */
  #send(
    target: Target | null,
    body: QuestionBody,
    event: EncodedEvent | null,
    listener: RequestListener,
  ): () => void {
    const isNamed = target !== null && target.sid !== null && !this.#clients.roams(target.namespace);
    const node = isNamed ? nodeOfSid(target.sid ?? "") : undefined;
    // Until all processes have answered the first greeting, "all" means those that have done so by then.
    const known = node === undefined ? this.#introduced() : null;
    const nodes = () => this.#owner.nodes();
    const id =
      known === null
        ? this.pending.expect(node === undefined ? nodes() : [node], listener)
        : this.pending.expectSoon(known, nodes, listener);
    if (id === 0) return () => {};
    // The question is sent at once: if it waited, later messages would overtake it.
    const message = this.#passedOrNot(target, this.#traced(body), event, id);
    const sent = this.#owner.send(node === undefined ? everyProcess : nodeSubject(node), message);
    if (!sent) this.pending.giveUp(id);
    return () => this.pending.forget(id);
  }

  /**
   * Writes a question. Where it has a place among the events of a recoverable namespace, a copy is passed
   * there.
   *
   * @returns the message for processes that have no clients in that namespace
   */
  #passedOrNot(target: Target | null, body: SentBody, event: EncodedEvent | null, id: number): Uint8Array {
    const passedIn = namespaceOf(target, body);
    const { ordered } = this.#owner;
    if (passedIn === null || ordered === null) return this.#encode(id, body, event);
    const message = this.#encode(id, { ...body, passedIn }, event);
    return ordered.pass(passedIn, null, message, true) ? message : this.#encode(id, body, event);
  }

  /** A question with the context in which it is asked, if it has an event that is handled in a context. */
  #traced(body: QuestionBody): SentBody {
    const isHandled = body.type === "ask" || body.type === "server event";
    const carrier = isHandled ? this.#owner.contexts.carrier() : null;
    return carrier === null ? body : { ...body, carrier };
  }

  /** What to wait for until the other processes are known; `null` for nothing. */
  #introduced(): Promise<void> | null {
    if (this.#opening === null) return this.#owner.introduced;
    return this.#opening.then(() => this.#owner.introduced ?? undefined);
  }

  #encode(id: number, body: SentBody, event: EncodedEvent | null): Uint8Array {
    return encodeMessage({ type: "question", origin: this.#node, id, body, event });
  }

  #labels(nodes: readonly string[]): string[] {
    return nodes.map((node) => this.#owner.labelOf(node));
  }
}

/** The namespace among whose events a question has its place; `null` for none. */
function namespaceOf(target: Target | null, body: QuestionBody): string | null {
  if (body.type === "ask") return body.target.namespace;
  if (body.type !== "operation") return null;
  return body.operation.type === "close room" ? body.operation.namespace : (target?.namespace ?? null);
}
