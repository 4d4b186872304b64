/** Sends events with acknowledgements to clients of all processes, and collects the answers. */

import { RoomcastError } from "../../base/errors.ts";
import type { LogRecord } from "../../base/log/log-record.ts";
import { quoted } from "../../base/printable.ts";
import type { Trace } from "../../base/trace.ts";
import { toArguments } from "../../contract/arguments.ts";
import { broadcastTrace, traceBroadcast } from "../broadcast-trace.ts";
import type { AckListener } from "../model/ack-listener.ts";
import type { Target } from "../model/target.ts";
import type { OutgoingEvents } from "../outgoing-events.ts";
import type { Codec } from "../packet/codec.ts";
import type { EventPacket } from "../packet/event-packet.ts";
import type { AckRequest, Backplane } from "../ports.ts";
import type { RoomNames } from "../room-names.ts";
import type { AcknowledgementListener } from "../socket/acknowledgements.ts";
import type { Socket } from "../socket/socket.ts";
import { Answers, failureError } from "./answers.ts";
import { checkedListener } from "./checked-answers.ts";

/** Called with each answer to an event. */
export type AnswerCallback = (...values: unknown[]) => unknown;

/** What requests need of the hub. */
export interface AckRequestsOwner {
  readonly codec: Codec;
  readonly roomNames: RoomNames;
  readonly outgoing: OutgoingEvents;
  readonly trace: Trace;
  /** Reports an error of a callback. */
  report(error: unknown, message: string, record: LogRecord): void;
}

/** The namespaces of the clients. */
export interface AskedNamespaces {
  /** The sockets of this process that a target names. */
  select(target: Target): readonly Socket[];
  /** Acts on sockets after everything that this process has sent to their namespace before. */
  inTurn(namespace: string, sockets: readonly Socket[], act: (socket: Socket) => void): void;
  /** The link to other processes when a target may name clients there, otherwise `null`. */
  othersFor(target: Target): Backplane | null;
}

/** How answers are collected. */
export interface Inquiry {
  /** How long clients have to answer, in ms. */
  readonly timeout: number;
  readonly listener: AckListener;
  /** Whether to leave out other processes. */
  readonly isLocal: boolean;
}

/** The clients of this process. */
export interface AskedClients {
  /** Sends an event to clients and collects their acknowledgements. Returns a function that stops waiting. */
  inquire(target: Target, packet: EventPacket, timeout: number, listener: AckListener): () => void;
}

/** Events with acknowledgements. */
export class AckRequests {
  readonly #owner: AckRequestsOwner;
  readonly #namespaces: AskedNamespaces;
  readonly #local: AskedClients;

  /**
   * @param owner - the hub
   * @param namespaces - the namespaces of the clients
   * @param local - the clients of this process
   */
  constructor(owner: AckRequestsOwner, namespaces: AskedNamespaces, local: AskedClients) {
    this.#owner = owner;
    this.#namespaces = namespaces;
    this.#local = local;
  }

  /**
   * Sends an event to one client and waits for its acknowledgement.
   *
   * @param target - names the client by its sid
   * @param timeout - how long to wait, in ms
   * @returns the values that the client answered with
   * @throws {@link TimeoutError} when it does not answer in time
   * @throws {@link RoomcastError} `ERR_DISCONNECTED` when it is not there or leaves without an answer
   */
  call(target: Target, event: string, data: unknown, timeout: number): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      const listener: AckListener = {
        onAnswer: (_sid, values) => resolve(values),
        onFailure: (_sid, failure) => reject(failureError(failure, event, timeout)),
        onEnd: () =>
          reject(
            new RoomcastError(
              "ERR_DISCONNECTED",
              `No client with this sid is there to answer ${quoted(event)}.`,
            ),
          ),
      };
      this.#ask(this.#question(target, event, data), { timeout, listener, isLocal: false });
    });
  }

  /**
   * Sends an event to several clients and collects their acknowledgements.
   *
   * @param timeout - how long they have to answer, in ms
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  callAll(target: Target, event: string, data: unknown, timeout: number): Answers {
    const question = this.#question(target, event, data);
    return new Answers(event, timeout, (listener) =>
      this.#ask(question, { timeout, listener, isLocal: false }),
    );
  }

  /**
   * Sends an event to several clients. A listener gets each answer.
   *
   * @returns a function that stops waiting
   * @throws {@link RoomcastError} `ERR_EVENT_NAME` or `ERR_PAYLOAD`
   */
  inquire(target: Target, event: string, data: unknown, inquiry: Inquiry): () => void {
    return this.#ask(this.#question(target, event, data), inquiry);
  }

  /**
   * Sends an event to sockets of this process. A callback gets each answer.
   *
   * @returns the number of sockets
   */
  request(sockets: readonly Socket[], packet: EventPacket, event: string, callback: AnswerCallback): number {
    const [first] = sockets;
    if (first === undefined) return 0;
    // All sockets are in one namespace.
    this.#namespaces.inTurn(first.namespace, sockets, (socket) => {
      socket.request(packet, this.#listener(callback, event, socket));
    });
    return sockets.length;
  }

  /**
   * Sends an event to all clients of a target. A callback gets each answer.
   *
   * @param isLocal - whether to leave out other processes
   * @returns the number of sockets of this process
   */
  requestAll(request: AckRequest, callback: AnswerCallback, isLocal: boolean): number {
    const { target, packet, event } = request;
    const clients = this.request(this.#namespaces.select(target), packet, event, callback);
    const others = isLocal ? null : this.#namespaces.othersFor(target);
    others?.ask(request, null, answersOnly(this.#listener(callback, event, target)));
    return clients;
  }

  #question(target: Target, event: string, data: unknown): AckRequest {
    this.#owner.roomNames.checkTarget(target);
    const values = toArguments(data);
    this.#owner.outgoing.rules?.onSend(target.namespace, event, values);
    return { target, event, values, packet: this.#owner.codec.event(target.namespace, event, values) };
  }

  /** Sends an event to all clients of a target. Returns a function that stops waiting. */
  #ask(question: AckRequest, given: Inquiry): () => void {
    const { rules } = this.#owner.outgoing;
    const inquiry = rules === null ? given : { ...given, listener: checkedListener(rules, question, given) };
    const { broadcasts } = this.#owner.trace.operations;
    if (!broadcasts.isActive) return this.#send(question, inquiry);
    const { target, event } = question;
    let stop = () => {};
    traceBroadcast(broadcasts, broadcastTrace(target, event, { acknowledged: true, remote: false }), () => {
      stop = this.#send(question, inquiry);
      return this.#namespaces.select(target).length;
    });
    return () => stop();
  }

  #send(question: AckRequest, { timeout, listener, isLocal }: Inquiry): () => void {
    const { target, packet, event, values } = question;
    const { outgoing } = this.#owner;
    outgoing.meter?.onSent(target.namespace, event);
    if (outgoing.isWatched) {
      outgoing.onSent(target, event, values, outgoing.isTraced ? this.#namespaces.select(target).length : 0);
    }
    const others = isLocal ? null : this.#namespaces.othersFor(target);
    if (others === null) return this.#local.inquire(target, packet, timeout, listener);
    const joined = joinEnds(listener);
    const stops = [
      this.#local.inquire(target, packet, timeout, joined),
      others.ask(question, timeout, joined),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Passes answers to a callback. The client is not responsible for the callback's errors. */
  #listener(
    callback: AnswerCallback,
    event: string,
    { namespace, sid }: { readonly namespace: string; readonly sid: string | null },
  ): AcknowledgementListener {
    const { rules } = this.#owner.outgoing;
    const call = async (values: readonly unknown[]) => {
      if (rules === null) return callback(...values);
      const checked = await rules.answered({ namespace, event, sid: sid ?? "", values });
      return checked === null ? undefined : callback(...checked);
    };
    const report = (error: unknown) => {
      const where = `event ${quoted(event)}, namespace ${quoted(namespace)}`;
      const client = sid === null ? "" : `, sid ${sid}`;
      this.#owner.report(error, `The acknowledgement callback failed: ${where}${client}`, {
        type: "acknowledgement callback failed",
        event,
        namespace,
        ...(sid !== null && { sid }),
      });
    };
    return { onAnswer: (values) => void call(values).catch(report), onGone() {} };
  }
}

/** Merges the answers of this process with those of the others: the end comes after both have ended. */
function joinEnds(listener: AckListener): AckListener {
  let isFirst = true;
  let missing: readonly string[] = [];
  return {
    onAnswer: (sid, values) => listener.onAnswer(sid, values),
    onFailure: (sid, failure) => listener.onFailure(sid, failure),
    onEnd(names) {
      missing = [...missing, ...names];
      if (!isFirst) listener.onEnd(missing);
      isFirst = false;
    },
  };
}

function answersOnly(listener: AcknowledgementListener): AckListener {
  return { onAnswer: (_sid, values) => listener.onAnswer(values), onFailure() {}, onEnd() {} };
}
