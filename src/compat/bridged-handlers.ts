/**
 * Handles the events of one namespace for the core: listeners of sockets first, then the handlers that were
 * registered with Roomcast.
 */

import type { OwnHandlers } from "../app/server-hooks.ts";
import type { Trace } from "../base/trace.ts";
import type { DisconnectReason } from "../core/model/disconnect-reason.ts";
import type { NamespaceMeter } from "../core/namespace/namespace-meter.ts";
import type { Answer, NamespaceHandlers, Refusal } from "../core/namespace/open-namespace.ts";
import type { Socket } from "../core/socket/socket.ts";
import { waitingWeight } from "../core/socket/waiting-weight.ts";
import type { BridgeClients } from "./bridge-client.ts";
import type { BridgeNamespace } from "./bridge-namespace.ts";
import { BridgeSocket } from "./bridge-socket.ts";
import { ParentNamespace } from "./parent-namespace.ts";
import { isReserved } from "./room-list.ts";

/** What the handlers of all namespaces share. */
export interface BridgedParts {
  readonly clients: BridgeClients;
  readonly trace: Trace;
  /** Whether a client that comes back skips the middleware. */
  readonly skipsMiddleware: boolean;
  /** Whether namespaces that a rule has let clients into end with their last client. */
  readonly endsEmptyChildren: boolean;
}

/** Listeners and handlers of one namespace. */
export class BridgedHandlers implements NamespaceHandlers {
  readonly #namespace: BridgeNamespace;
  readonly #own: OwnHandlers;
  readonly #parts: BridgedParts;
  #meter: NamespaceMeter | null = null;
  /** Clients that the middleware has seen and that are not accepted yet. */
  readonly #entering = new WeakMap<Socket, BridgeSocket>();

  constructor(namespace: BridgeNamespace, own: OwnHandlers, parts: BridgedParts) {
    this.#namespace = namespace;
    this.#own = own;
    this.#parts = parts;
    namespace.onOpen(own);
  }

  connect(core: Socket, decide: (refusal?: Refusal) => void): void {
    // The core finds a namespace only when this object is made.
    this.#namespace.adapter.onOpen();
    const skips = core.recovered && this.#parts.skipsMiddleware;
    if (skips || this.#namespace.middleware.length === 0) {
      this.#own.connect(core, decide);
      return;
    }
    const socket = this.#socketFor(core);
    this.#entering.set(core, socket);
    // A client can withdraw its request and send the next one while the middleware still runs.
    const weight = waitingWeight(core.auth);
    if (!core.client.holdWaiting(weight)) return;
    this.#namespace.admit(socket, core, (refusal) => {
      core.client.endWaiting(weight);
      if (refusal === undefined && !core.isClosed) this.#own.connect(core, decide);
      else decide(refusal);
    });
  }

  event(core: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    const socket = this.#namespace.sockets.get(core.sid);
    if (socket === undefined) {
      this.#own.event(core, event, values, answer);
    } else if (socket.isFiltered) {
      this.#filter(socket, core, { event, values, answer });
    } else if (socket.listenerCount(event) === 0) {
      if (this.#own.handles(event) === null) this.#ignore(core, event, values);
      else this.#own.event(core, event, values, answer);
    } else if (!isReserved(event)) {
      this.#meter?.declare(event);
      const isAnswered = this.#own.handles(event) === "own";
      if (!isAnswered) this.#trace(core, event, values);
      if (answer === null) socket.fire(event, values);
      else socket.fire(event, [...values, isAnswered ? noAnswer : callbackFor(answer)]);
      if (isAnswered) this.#own.event(core, event, values, answer);
    }
  }

  #socketFor(core: Socket): BridgeSocket {
    return new BridgeSocket(this.#namespace, this.#parts.clients, core);
  }

  /** An event that functions of the program see before its listeners do, and may stop or change. */
  #filter(socket: BridgeSocket, core: Socket, { event, values, answer }: Received): void {
    if (isReserved(event)) return;
    if (this.#meter !== null && socket.listenerCount(event) > 0) this.#meter.declare(event);
    const kind = this.#own.handles(event);
    const isAnswered = kind === "own";
    if (!isAnswered) this.#trace(core, event, values);
    const callback = answer === null ? null : isAnswered ? noAnswer : callbackFor(answer);
    socket.filter(event, values, callback, (current) => {
      const heard = socket.fire(event, current);
      const given = callback !== null && current.at(-1) === callback ? current.slice(0, -1) : current;
      // A handler of all events is for those that nothing else handles.
      if (isAnswered || (kind === "all" && heard === 0)) this.#own.event(core, event, given, answer);
      else if (heard === 0) this.#traceUnhandled(core, event);
    });
  }

  measure(meter: NamespaceMeter): void {
    this.#meter = meter;
    this.#own.measure?.(meter);
  }

  /** An event that nothing listens to. */
  #ignore(core: Socket, event: string, values: readonly unknown[]): void {
    this.#trace(core, event, values);
    this.#traceUnhandled(core, event);
  }

  #trace({ sid, namespace }: Socket, event: string, args: readonly unknown[]): void {
    const { trace } = this.#parts;
    if (trace.active) trace.publish({ type: "event received", sid, namespace, event, args });
  }

  #traceUnhandled({ sid, namespace }: Socket, event: string): void {
    const { trace } = this.#parts;
    if (trace.active) trace.publish({ type: "event without handler", sid, namespace, event });
  }

  accepted(core: Socket): void {
    const socket = this.#entering.get(core) ?? this.#socketFor(core);
    this.#entering.delete(core);
    this.#namespace.accept(socket, core);
    this.#own.accepted(core);
  }

  leaving(core: Socket, reason: DisconnectReason): void {
    const { sockets, adapter } = this.#namespace;
    const socket = sockets.get(core.sid);
    if (socket?.isOf(core) !== true) return;
    this.#fireEnd(socket, core, "disconnecting", reason);
    // Its other rooms follow, when the core takes it out of them.
    if (adapter.isWatched) adapter.onLeave(core.sid, core.sid, true);
  }

  disconnect(core: Socket, reason: DisconnectReason): void {
    const { sockets, parent } = this.#namespace;
    const socket = sockets.get(core.sid);
    this.#entering.delete(core);
    if (socket?.isOf(core)) {
      sockets.delete(core.sid);
      socket.connected = false;
      this.#fireEnd(socket, core, "disconnect", reason);
    }
    this.#own.disconnect(core, reason);
    if (this.#parts.endsEmptyChildren && parent instanceof ParentNamespace && sockets.size === 0)
      parent.release(this.#namespace);
  }

  /** Tells the listeners that a client leaves. Where there are none, no reason is put into words. */
  #fireEnd(
    socket: BridgeSocket,
    core: Socket,
    event: "disconnecting" | "disconnect",
    reason: DisconnectReason,
  ): void {
    if (socket.listenerCount(event) > 0) socket.fire(event, this.#parts.clients.reasonOf(core, reason));
  }
}

/** An event that a client has sent. */
interface Received {
  readonly event: string;
  readonly values: readonly unknown[];
  /** Sends the acknowledgement; `null` when the client asked for none. */
  readonly answer: Answer | null;
}

/** The callback that listeners get. */
function callbackFor(answer: Answer): (...values: unknown[]) => void {
  return (...values) => answer(values);
}

/** The callback that listeners get where a handler answers. */
function noAnswer(): void {}
