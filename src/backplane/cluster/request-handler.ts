/**
 * Answers what other processes ask of this one. Some questions come twice: on the bus, and as a copy that
 * keeps its place among the events of a namespace. The handler waits for the copy, and answers once.
 */

import type { Clock } from "../../base/time/clock.ts";
import { Deadline, DeadlineQueue } from "../../base/time/deadline-queue.ts";
import type { SocketInfo } from "../../core/model/socket-info.ts";
import { decodeEvent } from "../../core/packet/event-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { encodeEvent, eventProblem } from "../../protocol/socket-packet-encoder.ts";
import { encodeMessage, type QuestionMessage } from "../wire/envelope.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import {
  type AnswerBody,
  type QuestionBody,
  readCarrier,
  readPassedIn,
  readQuestion,
} from "../wire/question-bodies.ts";
import { DuplicateFilter } from "./duplicate-filter.ts";
import type { ClusterWays, LocalClients } from "./ports.ts";
import { handleWithin, type LocalServer, type ServerReply } from "./server-event.ts";
import { nodeSubject } from "./subjects.ts";

/** What the handler asks of its cluster. */
export interface ClusterRequestHandlerOwner extends ClusterWays, MessageProblemListener {
  /** What to wait for until messages of a room come; `null` for nothing. */
  subscribed(namespace: string, room: string): Promise<void> | null;
  /** Reports an error that no caller gets. */
  report(error: unknown): void;
}

/** How many clients one message describes, and in how many characters: brokers limit the size of theirs. */
const maxPart = { sockets: 100, characters: 100_000 };

/** How many questions may wait for their copies. */
const maxEarly = 1000;

/** Sends an answer, or a part of it. */
type Reply = (body: AnswerBody, isLast: boolean, values?: EncodedEvent | null) => void;

/** See the head of this file. */
export class ClusterRequestHandler {
  readonly #node: string;
  readonly #clients: LocalClients;
  readonly #server: LocalServer | null;
  readonly #owner: ClusterRequestHandlerOwner;
  readonly #clock: Clock;
  readonly #deadAfter: number;
  /** Answered questions, of those that come twice. */
  readonly #answered = new DuplicateFilter();
  /** Questions that wait for their copies, by process and id. */
  readonly #early = new Map<string, Deadline<QuestionMessage>>();
  readonly #earlyDeadlines: DeadlineQueue<QuestionMessage>;
  #isClosed = false;

  /**
   * @param node - this process
   * @param local - its clients, and what takes events for servers; `null` where nothing does
   * @param times - with how long a process may be silent, in ms: a question waits as long for its copy
   * @param owner - sends the answers
   */
  constructor(
    node: string,
    { clients, server }: { readonly clients: LocalClients; readonly server: LocalServer | null },
    { deadAfter, clock }: { readonly deadAfter: number; readonly clock: Clock },
    owner: ClusterRequestHandlerOwner,
  ) {
    this.#node = node;
    this.#clients = clients;
    this.#server = server;
    this.#owner = owner;
    this.#clock = clock;
    this.#deadAfter = deadAfter;
    // A break of the ordered way is told; this is for what goes unnoticed.
    this.#earlyDeadlines = new DeadlineQueue(clock, deadAfter, (question) => this.#answerOnce(question));
  }

  /** Takes a question from the bus. */
  onQuestion(question: QuestionMessage): void {
    const passedIn = readPassedIn(question.body);
    if (passedIn === null) {
      this.#answer(question);
    } else if (
      this.#early.size < maxEarly &&
      this.#owner.ordered?.hears(passedIn) === true &&
      !this.#answered.has(question.origin, question.id)
    ) {
      this.#replyTo(question)({ type: "asking" }, false);
      const deadline = new Deadline(question);
      this.#early.set(keyOf(question), deadline);
      this.#earlyDeadlines.add(deadline);
    } else {
      this.#answerOnce(question);
    }
  }

  /** Takes the copy of a question that keeps its place among events. */
  onCopy(question: QuestionMessage): void {
    this.#answerOnce(question);
  }

  /** The copies that were passed in a namespace come no more. */
  onPassedBreak(namespace: string): void {
    for (const { item } of [...this.#early.values()]) {
      if (readPassedIn(item.body) === namespace) this.#answerOnce(item);
    }
  }

  /** Others can be reached, or one more of them can. */
  onReachable(): void {
    this.#server?.onServerJoined();
  }

  /** A process is gone. */
  onMemberLeft(node: string): void {
    // One of its questions may still wait for its copy.
    this.#clock.after(2 * this.#deadAfter, () => this.#answered.forget(node));
    this.#server?.onServerLeft(node);
  }

  /** Answers no question that comes twice any more. */
  close(): void {
    this.#isClosed = true;
    for (const deadline of this.#early.values()) deadline.cancel();
    this.#early.clear();
  }

  #answerOnce(question: QuestionMessage): void {
    this.#early.get(keyOf(question))?.cancel();
    this.#early.delete(keyOf(question));
    if (this.#isClosed) return;
    if (this.#answered.add(question.origin, question.id)) this.#answer(question);
  }

  #replyTo({ origin, id }: QuestionMessage): Reply {
    return (body, isLast, values = null) => {
      const message = encodeMessage({ type: "answer", origin: this.#node, id, isLast, body, event: values });
      this.#owner.send(nodeSubject(origin), message);
    };
  }

  #answer(question: QuestionMessage): void {
    this.#owner.contexts.within(readCarrier(question.body), () => this.#carryOut(question));
  }

  #carryOut(question: QuestionMessage): void {
    const { id, event } = question;
    const reply = this.#replyTo(question);
    const body = readQuestion(question.body);
    switch (body.type) {
      case "operation":
        this.#operate(body, reply);
        break;
      case "ask":
        this.#ask(body, event, reply);
        break;
      case "sockets":
        for (const sockets of partsOf(this.#clients.describe(body.target))) {
          reply({ type: "sockets", sockets }, false);
        }
        reply({ type: "done" }, true);
        break;
      case "count":
        reply({ type: "count", count: this.#clients.countHere(body.target) }, true);
        break;
      case "server event":
        if (event !== null) this.#handle(event, body.timeout, id === 0 ? null : reply);
        break;
      case "unknown":
        reply({ type: "done" }, true);
        break;
      default:
        body satisfies never;
    }
  }

  #operate({ operation }: QuestionBody & { readonly type: "operation" }, reply: Reply): void {
    this.#clients.apply(operation);
    const waits: Promise<unknown>[] = [];
    if (operation.type === "join") {
      for (const room of operation.rooms) {
        const subscribed = this.#owner.subscribed(operation.target.namespace, room);
        if (subscribed !== null) waits.push(subscribed);
      }
    }
    const kept = operation.type === "close room" ? null : this.#clients.kept(operation.target);
    if (kept !== null) waits.push(kept);
    if (waits.length === 0) reply({ type: "done" }, true);
    else void Promise.all(waits).then(() => reply({ type: "done" }, true));
  }

  #ask(
    { target, timeout }: QuestionBody & { readonly type: "ask" },
    event: EncodedEvent | null,
    reply: Reply,
  ): void {
    const problem = event === null ? "it is missing" : eventProblem(event, target.namespace);
    if (event === null || problem !== null) {
      this.#owner.onIgnored("unfit", `an event for ${target.namespace} is not sent on: ${problem}`);
      return;
    }
    let hasEnded = false;
    this.#clients.inquireFor(target, event, timeout ?? Infinity, {
      onAnswer: (sid, values) => reply({ type: "answered", sid }, false, encodeValues(values)),
      // Only the process that asks knows whether an answer fits.
      onFailure: (sid, failure) => {
        if (failure !== "invalid") reply({ type: "failed", sid, failure }, false);
      },
      onEnd() {
        hasEnded = true;
        reply({ type: "done" }, true);
      },
    });
    // Until the first answer of a client, this tells that the process is not silent.
    if (!hasEnded) reply({ type: "asking" }, false);
  }

  /** Hands an event to this process itself. */
  #handle(encoded: EncodedEvent, timeout: number, reply: Reply | null): void {
    const [event, ...values] = decodeEvent(encoded);
    const server = this.#server;
    if (reply === null) {
      void server?.handle(event, values);
    } else if (server === null) {
      reply({ type: "not handled", failure: "no handler" }, true);
    } else {
      // A handler may take longer than others wait for a silent process.
      reply({ type: "asking" }, false);
      void handleWithin(server, { event, values }, timeout, this.#clock).then((result) => {
        reply(...this.#outcome(result));
      });
    }
  }

  #outcome(result: ServerReply): Parameters<Reply> {
    if ("failure" in result) return [{ type: "not handled", failure: result.failure }, true];
    try {
      return [{ type: "handled" }, true, encodeValues(result.values)];
    } catch (error) {
      this.#owner.report(error);
      return [{ type: "not handled", failure: "handler failed" }, true];
    }
  }
}

/** Tells a question from all others. */
function keyOf({ origin, id }: QuestionMessage): string {
  return `${origin}:${id}`;
}

/** Cuts a list into parts that fit into a message, unless the description of one client alone does not. */
function* partsOf(sockets: readonly SocketInfo[]): Iterable<readonly SocketInfo[]> {
  let part: SocketInfo[] = [];
  let characters = 0;
  for (const socket of sockets) {
    const length = JSON.stringify(socket).length;
    const isFull = part.length === maxPart.sockets || characters + length > maxPart.characters;
    if (isFull && part.length > 0) {
      yield part;
      part = [];
      characters = 0;
    }
    part.push(socket);
    characters += length;
  }
  if (part.length > 0) yield part;
}

/** The values of an answer, as an event that carries them. */
function encodeValues(values: readonly unknown[]): EncodedEvent {
  return encodeEvent("/", ["answer", ...values]);
}
