/** What other parts of this package, which are built upon a server, decide in it and hear of it. */

import type { RequestFilter } from "../adapter/node/request-filter.ts";
import type { Clock } from "../base/time/clock.ts";
import type { Trace } from "../base/trace.ts";
import type { HandledEvent } from "../context/handler-context.ts";
import type { Hub } from "../core/hub.ts";
import type { Answer, NamespaceHandlers } from "../core/namespace/open-namespace.ts";
import type { Socket } from "../core/socket/socket.ts";
import type { Engine } from "../engine/engine.ts";
import type { EngineRequest } from "../engine/ports.ts";
import type { HttpError } from "../engine/request/http-error.ts";
import type { ClusterConnection, ClusterNodeOwner } from "./cluster/cluster-node.ts";
import type { NamespacePattern } from "./options/namespace-pattern.ts";

/** The registered handlers of one namespace in action. */
export interface OwnHandlers extends NamespaceHandlers {
  /** An event fails like one whose handler has thrown. */
  fail(socket: Socket, event: HandledEvent, error: unknown, answer: Answer | null): void;
  /** Whether an event has a handler of its own, or one for all events; `null` for none. */
  handles(event: string): "own" | "all" | null;
  accepted(socket: Socket): void;
  /** Runs a function like a handler, but for middleware and acknowledgement. */
  run(socket: Socket, event: HandledEvent, work: () => unknown): void;
}

/** The hooks of one server; `null` where nothing is built upon it. */
export interface ServerHooks {
  /** Puts other handlers beside those of a namespace; `rule` is the function that has let its client in. */
  handlers:
    | ((namespace: string, rule: NamespacePattern | null, own: OwnHandlers) => NamespaceHandlers)
    | null;
  /** A request was refused. */
  onRefused: ((request: EngineRequest, error: HttpError) => void) | null;
  /** Chooses the id of a connection; `null` leaves it to the server. */
  connectionId: ((request: EngineRequest) => string | null) | null;
  /** Sees requests before the server does. Read when the server is attached. */
  requestFilter: RequestFilter | null;
}

/** A server with no hooks in use. */
export function noHooks(): ServerHooks {
  return { handlers: null, onRefused: null, connectionId: null, requestFilter: null };
}

/** The inside of a server, for other parts of the package that are built upon it. */
export interface ServerInside {
  readonly hub: Hub;
  readonly engine: Engine;
  readonly trace: Trace;
  readonly clock: Clock;
  readonly hooks: ServerHooks;
  /** How many processes of the application serve clients, as far as this one knows; itself included. */
  countServers(): number;
  /**
   * Connects to servers of another make. Clients that are connected already have to reconnect.
   *
   * @param make - makes this process one of them
   * @throws {@link RoomcastError} `ERR_STATE` where this process is connected to others already
   */
  connectForeign<Node extends ClusterConnection>(make: (owner: ClusterNodeOwner) => Node): Node;
}
