/**
 * This process beside servers and programs that use python-socketio, Flask-SocketIO's among them: all read
 * and write one channel of Redis. The format limits what they can ask of each other: an operation names one
 * client, and no message asks which clients are there.
 */

import { RoomcastError } from "../../base/errors.ts";
import { nodeCrypto } from "../../base/node-crypto.ts";
import { quoted } from "../../base/printable.ts";
import type { Clock, Timer } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { AckListener } from "../../core/model/ack-listener.ts";
import { disconnectReasonEvent } from "../../core/model/disconnect-notice.ts";
import type { Operation } from "../../core/model/operation.ts";
import { isSid } from "../../core/model/sid.ts";
import type { FoundCount, FoundSockets } from "../../core/model/socket-info.ts";
import { clientIn, type Target } from "../../core/model/target.ts";
import { checkEventName, type EventPacket } from "../../core/packet/event-packet.ts";
import type { AckRequest } from "../../core/ports.ts";
import { encodeEvent } from "../../protocol/socket-packet-encoder.ts";
import type { Bus, BusListener } from "../bus/bus.ts";
import { BusMonitor } from "../bus/bus-monitor.ts";
import { type ForeignOwner, IgnoredMessages } from "../cluster/ignored-messages.ts";
import type { LocalClients } from "../cluster/ports.ts";
import type { ForeignBackplane, ForeignBackplaneParts } from "./foreign-backplane.ts";
import { foreignNames } from "./interop-names.ts";
import {
  decodePythonData,
  decodePythonMessage,
  encodePythonData,
  encodePythonMessage,
  type PythonMessage,
} from "./python-message.ts";

/** What python-engineio makes: 15 random bytes in base64. */
const pythonSid = /^[\w-]{20}$/;

/** The most questions that are open at a time: an answer may never come. */
const maxQuestions = 10_000;

interface OpenQuestion {
  readonly listener: AckListener;
  /** The client that is asked; `null` where there may be several. */
  readonly sid: string | null;
  readonly timer: Timer | null;
}

type EmitMessage = PythonMessage & { method: "emit" };

/** See the head of this file. */
export class PythonSocketIO implements ForeignBackplane, BusListener {
  readonly sidPrefix = "";
  readonly #hostId = nodeCrypto().randomBytes(16).toString("hex");
  readonly #bus: Bus;
  readonly #channel: string;
  readonly #clients: LocalClients;
  readonly #owner: ForeignOwner;
  readonly #clock: Clock;
  readonly #monitor: BusMonitor;
  readonly #trace: Trace;
  readonly #questions = new Map<number, OpenQuestion>();
  #lastId = 0;
  readonly #ignored: IgnoredMessages;
  #hasToldOfPickles = false;

  /** @param channel - the channel that all servers use */
  constructor(channel: string, { bus, clients, owner, clock, trace }: ForeignBackplaneParts) {
    this.#ignored = new IgnoredMessages(`the channel "${channel}"`, owner, trace);
    this.#bus = bus;
    this.#channel = channel;
    this.#clients = clients;
    this.#owner = owner;
    this.#clock = clock;
    this.#monitor = new BusMonitor(bus, owner, trace);
    this.#trace = trace;
  }

  async open(): Promise<void> {
    void this.#bus.subscribe(this.#channel);
    await this.#bus.open(this);
  }

  async close(): Promise<void> {
    for (const id of [...this.#questions.keys()]) this.#end(id);
    await this.#bus.close();
  }

  emit(target: Target, _packet: EventPacket, event: string, values: readonly unknown[]): void {
    if (this.#canName(target, event)) this.#send(this.#emitMessage(target, event, values));
  }

  publish(operation: Operation): Promise<void> {
    if (operation.type === "close room") {
      const { namespace, room } = operation;
      this.#send({ method: "close_room", host_id: this.#hostId, room, namespace });
      return Promise.resolve();
    }
    const { namespace, rooms } = operation.target;
    const sid = operation.target.sid ?? (rooms?.length === 1 ? rooms[0] : undefined);
    if (sid === undefined) {
      this.#owner.report(
        new RoomcastError(
          "ERR_STATE",
          `"${operation.type}" reaches the clients of this process alone: python-socketio's messages can name one client, not those of several rooms or all.`,
        ),
      );
      return Promise.resolve();
    }
    const which = { host_id: this.#hostId, sid, namespace };
    switch (operation.type) {
      case "join":
        for (const room of operation.rooms) this.#send({ method: "enter_room", room, ...which });
        break;
      case "leave":
        for (const room of operation.rooms) this.#send({ method: "leave_room", room, ...which });
        break;
      case "disconnect":
        if (operation.notice !== null) {
          this.#send(this.#emitMessage(operation.target, disconnectReasonEvent, [operation.notice]));
        }
        this.#send({ method: "disconnect", ...which });
        break;
      default:
        operation satisfies never;
    }
    return Promise.resolve();
  }

  ask({ target, event, values }: AckRequest, timeout: number | null, listener: AckListener): () => void {
    if (!this.#canName(target, event)) {
      listener.onEnd([]);
      return () => {};
    }
    this.#lastId += 1;
    const id = this.#lastId;
    const { sid } = target;
    const timer = timeout === null ? null : this.#clock.after(timeout, () => this.#expire(id), true);
    this.#questions.set(id, { listener, sid, timer });
    const [oldest] = this.#questions.keys();
    if (this.#questions.size > maxQuestions && oldest !== undefined) this.#expire(oldest);
    const message = this.#emitMessage(target, event, values);
    const sent = this.#send({ ...message, callback: [message.room ?? null, target.namespace, id] });
    if (!sent) this.#end(id);
    return () => this.#forget(id);
  }

  /** The format has no such question. */
  sockets(): Promise<FoundSockets> {
    return Promise.resolve({ sockets: [], missing: ["all that use python-socketio's messages"] });
  }

  async count(): Promise<FoundCount> {
    return { count: 0, missing: (await this.sockets()).missing };
  }

  onNamespaceOpen(): null {
    return null;
  }

  onNamespaceEmpty(): void {}

  onRoomOpen(): void {}

  onRoomEmpty(): void {}

  subscribed(): null {
    return null;
  }

  onMessage(_channel: string, bytes: Uint8Array): void {
    try {
      this.#take(bytes);
    } catch (error) {
      // Whatever a message holds, it must not end the process.
      const isName = error instanceof RoomcastError && error.code === "ERR_EVENT_NAME";
      const kind = isName ? "an event has a name that clients cannot get" : "a message cannot be read";
      this.#ignored.tell(kind, String(error));
    }
  }

  onUp(): void {
    this.#monitor.up();
  }

  onDown(error: unknown): void {
    this.#clients.onGap();
    this.#monitor.down(error);
  }

  onRefused(error: unknown): void {
    this.#owner.onRefused(error);
  }

  #take(bytes: Uint8Array): void {
    const message = decodePythonMessage(bytes);
    if (message.method === "refused") {
      if (message.isPickled) this.#tellOfPickles();
      else this.#ignored.tell(message.reason);
    } else if (message.method === "callback") {
      if (message.host_id === this.#hostId) this.#takeAnswer(message.id, message.args);
    } else if (message.host_id !== this.#hostId) {
      this.#apply(message);
    }
  }

  #apply(message: Exclude<PythonMessage, { method: "callback" }>): void {
    const namespace = message.namespace || "/";
    if (typeof namespace !== "string") {
      this.#ignored.tell("a namespace is no text");
      return;
    }
    switch (message.method) {
      case "emit":
        this.#deliver(message, namespace);
        break;
      case "disconnect": {
        const sid = this.#name("sid", message.sid);
        if (sid === null) break;
        this.#clients.apply({
          type: "disconnect",
          target: clientIn(namespace, sid),
          close: false,
          notice: null,
        });
        break;
      }
      case "enter_room":
      case "leave_room": {
        const [sid, room] = [this.#name("sid", message.sid), this.#name("room", message.room)];
        if (sid === null || room === null) break;
        const type = message.method === "enter_room" ? "join" : "leave";
        this.#clients.apply({ type, target: clientIn(namespace, sid), rooms: [room] });
        break;
      }
      case "close_room": {
        const room = this.#name("room", message.room);
        if (room !== null) this.#clients.apply({ type: "close room", namespace, room });
        break;
      }
      default:
        message satisfies never;
    }
  }

  /** The one name that a message gives. */
  #name(what: string, value: unknown): string | null {
    const [name = null] = this.#names(what, [value]) ?? [];
    return name;
  }

  /**
   * The names that a message gives: `null` where it gives none, empty where it gives some that cannot be
   * used.
   */
  #names(what: string, value: unknown): readonly string[] | null {
    const { names, unusable } = foreignNames(value);
    if (unusable !== null) this.#ignored.tell(`a ${what} is ${unusable}, and no text or number`);
    return names;
  }

  #deliver(message: EmitMessage, namespace: string): void {
    const { host_id, event, data, binary = false, room, skip_sid, callback } = message;
    checkEventName(event);
    const values = decodePythonData(data, binary);
    const encoded = encodeEvent(namespace, [event, ...values]);
    const target: Target = {
      namespace,
      sid: null,
      rooms: this.#names("room", room),
      skip: this.#names("skip_sid", skip_sid),
    };
    if (!Array.isArray(callback)) {
      this.#clients.deliver(target, encoded, {});
      return;
    }
    const [sid, where, id] = callback as [unknown, unknown, number];
    this.#clients.inquireFor(target, encoded, Infinity, {
      onAnswer: (_sid, args) =>
        void this.#send({ method: "callback", host_id, sid, namespace: where, id, args }),
      onFailure() {},
      onEnd() {},
    });
  }

  #takeAnswer(id: number, args: unknown): void {
    const question = this.#questions.get(id);
    if (question === undefined) return;
    question.listener.onAnswer(question.sid ?? "", Array.isArray(args) ? args : []);
    if (question.sid !== null) this.#end(id);
  }

  /** Whether a message can name the clients of a target: it leaves out clients, and no rooms. */
  #canName({ skip }: Target, event: string): boolean {
    const room = skip?.find((name) => !isSid(name) && !pythonSid.test(name));
    if (room === undefined) return true;
    this.#owner.report(
      new RoomcastError(
        "ERR_STATE",
        `The event ${quoted(event)} reaches the clients of this process alone, since it leaves out the room ${quoted(room)}: python-socketio's messages can leave out clients, and no rooms.`,
      ),
    );
    return false;
  }

  #emitMessage(
    { namespace, sid, rooms, skip }: Target,
    event: string,
    values: readonly unknown[],
  ): EmitMessage {
    const names = sid === null ? rooms : [sid];
    return {
      method: "emit",
      host_id: this.#hostId,
      event,
      ...encodePythonData(values),
      namespace,
      room: names?.length === 1 ? (names[0] ?? null) : names,
      skip_sid: skip,
      callback: null,
    };
  }

  #send(message: PythonMessage): boolean {
    return this.#monitor.send(this.#channel, encodePythonMessage(message));
  }

  #expire(id: number): void {
    const question = this.#questions.get(id);
    if (question !== undefined && question.sid !== null) question.listener.onFailure(question.sid, "timeout");
    this.#end(id);
  }

  #end(id: number): void {
    const question = this.#questions.get(id);
    this.#forget(id);
    question?.listener.onEnd([]);
  }

  #forget(id: number): void {
    this.#questions.get(id)?.timer?.cancel();
    this.#questions.delete(id);
  }

  #tellOfPickles(): void {
    if (this.#trace.active) this.#trace.publish({ type: "message ignored", reason: "it is pickled" });
    if (this.#hasToldOfPickles) return;
    this.#hasToldOfPickles = true;
    this.#owner.report(
      new RoomcastError(
        "ERR_STATE",
        `Messages on the channel "${this.#channel}" are pickled, and Roomcast does not unpickle: that would run whatever they hold. Upgrade python-socketio there to 5.14 or newer.`,
      ),
    );
  }
}
