/**
 * Events for clients: sends them to the processes that may have these clients, and delivers those of others
 * here.
 */

import type { Target } from "../../core/model/target.ts";
import type { PacketFlags } from "../../engine/outbox/outgoing-packet.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { eventProblem } from "../../protocol/socket-packet-encoder.ts";
import { type EventMessage, encodeMessage } from "../wire/envelope.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import { DuplicateFilter } from "./duplicate-filter.ts";
import type { ClusterWays, LocalClients } from "./ports.ts";
import { namespaceSubject, nodeOfSid, roomSubject } from "./subjects.ts";

/** See the head of this file. */
export class ClusterEvents {
  readonly #node: string;
  readonly #clients: LocalClients;
  readonly #owner: ClusterWays & MessageProblemListener;
  /** Events of other processes that came here: one for several rooms comes on several subjects. */
  readonly #recent = new DuplicateFilter();
  #lastId = 0;

  /**
   * @param node - this process
   * @param clients - its clients
   * @param owner - sends messages, and is told of those that do not fit
   */
  constructor(node: string, clients: LocalClients, owner: ClusterWays & MessageProblemListener) {
    this.#node = node;
    this.#clients = clients;
    this.#owner = owner;
  }

  /** Sends an event. The flags are those of the packet. */
  emit(target: Target, event: EncodedEvent, { volatile = false, compress = true }: PacketFlags): void {
    const subjects = this.#subjectsOf(target);
    const isManifold = subjects.length > 1 || (target.rooms?.length ?? 0) > 1;
    if (isManifold) this.#lastId += 1;
    const message = encodeMessage({
      type: "event",
      origin: this.#node,
      id: isManifold ? this.#lastId : 0,
      target,
      volatile,
      compress,
      event,
      carrier: this.#owner.contexts.carrier(),
    });
    // A recoverable namespace sends its events elsewhere: here come volatile ones, and those that get no
    // offset.
    if (volatile && this.#owner.ordered?.pass(target.namespace, target, message, false) === true) return;
    for (const subject of subjects) this.#owner.send(subject, message);
  }

  /** Delivers the event of another process, once. */
  deliver({ origin, id, target, event, volatile, compress, carrier = null }: EventMessage): void {
    if (id !== 0 && !this.#recent.add(origin, id)) return;
    const problem = eventProblem(event, target.namespace);
    const deliver = () => this.#clients.deliver(target, event, { volatile, compress });
    if (problem === null) this.#owner.contexts.within(carrier, deliver);
    else this.#owner.onIgnored("unfit", `an event for ${target.namespace} is not sent on: ${problem}`);
  }

  /** Another process is gone. */
  forget(node: string): void {
    this.#recent.forget(node);
  }

  /** Each subject once: several clients may be in one process. */
  #subjectsOf({ namespace, sid, rooms }: Target): readonly string[] {
    if (rooms === null && sid === null) return [namespaceSubject(namespace)];
    // Where clients roam, their ids do not tell where they are.
    const mayRoam = (room: string) => nodeOfSid(room) !== undefined && this.#clients.roams(namespace);
    if ((sid === null ? rooms : [sid])?.some(mayRoam) === true) return [namespaceSubject(namespace)];
    if (sid !== null) return [roomSubject(namespace, sid)];
    if (rooms === null) return [];
    const [first] = rooms;
    if (first !== undefined && rooms.length === 1) return [roomSubject(namespace, first)];
    return [...new Set(rooms.map((room) => roomSubject(namespace, room)))];
  }
}
