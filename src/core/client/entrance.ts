/**
 * Lets the clients of one server into namespaces: a namespace is found or opened, a returning client is
 * found, the `connect` handler decides, and the client is accepted or refused.
 */

import { type OpenNamespace, type Refusal, rejected } from "../namespace/open-namespace.ts";
import type { RecoveryJoins } from "../recovery/recovery-joins.ts";
import { Socket } from "../socket/socket.ts";
import { waitingWeight } from "../socket/waiting-weight.ts";
import type { ClientEntrance, EnteringClient, EntranceOwner } from "./ports.ts";

/** A client's request to join a namespace. */
interface JoinRequest {
  readonly name: string;
  readonly auth: unknown;
  readonly isAsked: boolean;
}

/** The latest step of a client: its handler allows it, recovery admits it, the broker keeps its record. */
type Step = "allowed" | "admitted" | "kept";

/** The way of clients into namespaces, one for all clients of a server. */
export class Entrance implements ClientEntrance {
  readonly #owner: EntranceOwner;

  /** @param owner - the server */
  constructor(owner: EntranceOwner) {
    this.#owner = owner;
  }

  join(client: EnteringClient, name: string, auth: unknown, isAsked: boolean): void {
    const weight = waitingWeight(auth);
    if (!client.holdWaiting(weight)) return;
    const admitted = this.#owner.namespaces.admit(name, auth);
    if (admitted instanceof Promise) {
      const waited = admitted.finally(() => client.endWaiting(weight));
      void this.#joinLater(client, { name, auth, isAsked }, waited);
      return;
    }
    client.endWaiting(weight);
    if (admitted === undefined) this.#reject(client, name, isAsked);
    else this.#open(client, admitted, auth);
  }

  async #joinLater(
    client: EnteringClient,
    { name, auth, isAsked }: JoinRequest,
    admitted: Promise<OpenNamespace | undefined>,
  ): Promise<void> {
    const pending = client.beginJoin(name);
    try {
      const namespace = await admitted;
      if (!pending.end()) {
        // The client has left or asked again, and the namespace may be empty.
        if (namespace !== undefined) this.#owner.namespaces.release(namespace);
      } else if (namespace === undefined) {
        this.#reject(client, name, isAsked);
      } else {
        this.#open(client, namespace, auth);
      }
    } catch (error) {
      this.#owner.report(error);
      if (pending.end()) client.sendRefusal(name, rejected);
    }
  }

  /** There is no namespace of this name. */
  #reject(client: EnteringClient, name: string, isAsked: boolean): void {
    if (isAsked) client.sendRefusal(name, { message: "Invalid namespace" });
    this.#owner.onIgnored(client, name, "a request to join a namespace that does not exist");
  }

  #open(client: EnteringClient, namespace: OpenNamespace, auth: unknown): void {
    const { name, recovery } = namespace;
    client.onAdmit(name);
    // A Socket.IO 2 client does not know how to return.
    if (recovery === null || client.isEio3)
      this.#enter(client, namespace, new Socket(namespace.newSid(), name, client, auth));
    else this.#recover(client, namespace, recovery.joins, auth);
  }

  /** Finds out whether the client returns. Other processes may have to be asked. */
  #recover(client: EnteringClient, namespace: OpenNamespace, joins: RecoveryJoins, auth: unknown): void {
    const pending = client.beginJoin(namespace.name);
    const enter = (socket: Socket) => {
      pending.end();
      this.#enter(client, namespace, socket);
    };
    joins.open(client, auth, enter, pending.isOpen);
  }

  #enter(client: EnteringClient, namespace: OpenNamespace, socket: Socket): void {
    client.onEnter(socket, namespace);
    // A returning socket has the sid of a client that may be here. It replaces that client when it is
    // accepted.
    if (socket.returning === null) namespace.add(socket);
    client.connection.beginHandshake();
    namespace.handlers.connect(socket, (refusal) => {
      client.connection.endHandshake();
      if (refusal === undefined) this.#settle(client, namespace, socket, "allowed");
      else this.#turnAway(client, namespace, socket, refusal);
    });
  }

  #turnAway(client: EnteringClient, { meter }: OpenNamespace, socket: Socket, refusal: Refusal): void {
    meter?.onRefused();
    if (socket.returning !== null) meter?.onReturn("refused");
    this.#owner.onSocketRefused(socket, refusal.message);
    if (!socket.isClosed) client.sendRefusal(socket.namespace, refusal);
    socket.close("server namespace disconnect");
  }

  #settle(client: EnteringClient, namespace: OpenNamespace, socket: Socket, step: Step): void {
    const { recovery, ready } = namespace;
    if (socket.isClosed) {
      // It left while its `connect` handler ran. The handler may have recorded its presence, so the other one
      // must undo that.
      namespace.handlers.disconnect(socket, socket.closeReason ?? "transport close");
    } else if (ready !== null) {
      this.#after(ready, () => this.#settle(client, namespace, socket, step));
    } else if (step === "allowed" && recovery !== null && socket.recoverable !== null) {
      this.#admit(client, namespace, socket, recovery.joins);
    } else if (step !== "kept" && socket.recoverable !== null && socket.recoverable.kept !== null) {
      this.#after(socket.recoverable.kept, () => this.#settle(client, namespace, socket, "kept"));
    } else {
      namespace.meter?.onConnect();
      if (socket.recovered) namespace.meter?.onReturn("recovered");
      this.#owner.onSocketConnect(socket);
      socket.recoverable?.onAccept();
      client.onAccept();
      socket.accept();
      namespace.handlers.accepted?.(socket);
    }
  }

  #after(wait: Promise<void>, act: () => void): void {
    wait.then(act).catch((error: unknown) => this.#owner.report(error));
  }

  /** Completes the join of a client in a recoverable namespace. One that cannot return starts over. */
  #admit(client: EnteringClient, namespace: OpenNamespace, socket: Socket, joins: RecoveryJoins): void {
    joins.admit(socket, (obstacle) => {
      if (obstacle === null) {
        this.#settle(client, namespace, socket, "admitted");
        return;
      }
      if (obstacle === "authentication expired" || obstacle === "events lost") {
        namespace.meter?.onReturn(obstacle);
      }
      // The handler has accepted a client that cannot return any more. It decides again, about a new client.
      joins.hold(() => {
        socket.close(obstacle);
        // The handler may have recorded its presence.
        namespace.handlers.disconnect(socket, obstacle);
      });
      if (client.connection.isOpen) this.#enter(client, namespace, joins.startOver(socket, obstacle));
      else this.#owner.namespaces.release(namespace);
    });
  }
}
