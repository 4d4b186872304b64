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
import { bridgeReason } from "./disconnect-reasons.ts";
import { ParentNamespace } from "./parent-namespace.ts";

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
  /** Clients that are not accepted yet. */
  readonly #entering = new WeakMap<Socket, BridgeSocket>();

  constructor(namespace: BridgeNamespace, own: OwnHandlers, parts: BridgedParts) {
    this.#namespace = namespace;
    this.#own = own;
    this.#parts = parts;
    namespace.onOpen(own);
  }

  connect(core: Socket, decide: (refusal?: Refusal) => void): void {
    const socket = new BridgeSocket(this.#namespace, this.#parts.clients.of(core), core);
    this.#entering.set(core, socket);
    if (core.recovered && this.#parts.skipsMiddleware) {
      this.#own.connect(core, decide);
      return;
    }
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
      return;
    }
    const kind = this.#own.handles(event);
    const isAnswered = kind === "own";
    const { trace } = this.#parts;
    if (trace.active && !isAnswered)
      trace.publish({
        type: "event received",
        sid: core.sid,
        namespace: core.namespace,
        event,
        args: values,
      });
    socket.receive(event, values, {
      answer,
      isAnswered,
      native: (current, heard) => {
        // A handler of all events is for those that nothing else handles.
        if (isAnswered || (kind === "all" && heard === 0)) this.#own.event(core, event, current, answer);
        else if (heard === 0 && trace.active)
          trace.publish({ type: "event without handler", sid: core.sid, namespace: core.namespace, event });
      },
    });
  }

  measure(meter: NamespaceMeter): void {
    this.#own.measure?.(meter);
  }

  accepted(core: Socket): void {
    const socket = this.#entering.get(core);
    if (socket !== undefined) {
      this.#entering.delete(core);
      this.#parts.clients.add(core, socket);
      this.#namespace.accept(socket, core);
    }
    this.#own.accepted(core);
  }

  leaving(core: Socket, reason: DisconnectReason): void {
    const { sockets, adapter } = this.#namespace;
    const socket = sockets.get(core.sid);
    if (socket?.isOf(core) !== true) return;
    socket.fire("disconnecting", bridgeReason(reason));
    // Its other rooms follow, when the core takes it out of them.
    if (adapter.isWatched) adapter.onLeave(core.sid, core.sid, true);
  }

  disconnect(core: Socket, reason: DisconnectReason): void {
    const { sockets, parent } = this.#namespace;
    const socket = sockets.get(core.sid);
    this.#entering.delete(core);
    if (socket?.isOf(core)) {
      sockets.delete(core.sid);
      this.#parts.clients.remove(core, socket);
      socket.connected = false;
      socket.fire("disconnect", bridgeReason(reason));
    }
    this.#own.disconnect(core, reason);
    if (this.#parts.endsEmptyChildren && parent instanceof ParentNamespace && sockets.size === 0)
      parent.release(this.#namespace);
  }
}
