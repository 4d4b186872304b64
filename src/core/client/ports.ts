/** The ports between the clients of one server, their entrance to namespaces, and their registry. */

import type { Clock } from "../../base/time/clock.ts";
import type { CloseReason } from "../../engine/close-reason.ts";
import type { DisconnectReason } from "../model/disconnect-reason.ts";
import type { OpenNamespace, Refusal } from "../namespace/open-namespace.ts";
import type { Codec } from "../packet/codec.ts";
import type { PacketSink, Socket, SocketOwner } from "../socket/socket.ts";
import type { ClientLimits, SoftLimit } from "./client-limits.ts";

/** The namespaces that clients may join. */
export interface ClientNamespaces {
  /** Finds or opens the namespace that a client asks for; `undefined` when there is none of that name. */
  admit(namespace: string, auth: unknown): OpenNamespace | undefined | Promise<OpenNamespace | undefined>;
  /** Removes a namespace if it is empty. */
  release(namespace: OpenNamespace): void;
}

/** The port that the entrance needs of the server. */
export interface EntranceOwner {
  readonly namespaces: ClientNamespaces;
  /** Something that the client sent was ignored. */
  onIgnored(client: { readonly number: number }, namespace: string, message: string): void;
  onSocketConnect(socket: Socket): void;
  onSocketRefused(socket: Socket, message: string): void;
  /** Reports an error that no client has caused. */
  report(error: unknown): void;
}

/** The port that the entrance needs of a client. */
export interface EnteringClient extends SocketOwner {
  readonly connection: HandshakeSink;
  /** The client waits to join a namespace. It may leave during that time. */
  beginJoin(namespace: string): PendingJoin;
  /** The namespace exists, and decides about the client. */
  onAdmit(namespace: string): void;
  /** The client is in a namespace, if the `connect` handler accepts it. */
  onEnter(socket: Socket, namespace: OpenNamespace): void;
  /** A namespace is about to accept the client. */
  onAccept(): void;
  /** Tells the client that it may not join a namespace. */
  sendRefusal(namespace: string, refusal: Refusal): void;
}

/** Takes the packets of a client, and is told when its `connect` handlers run. */
export interface HandshakeSink extends PacketSink {
  beginHandshake(): void;
  endHandshake(): void;
}

/** A client's wait to join a namespace. */
export interface PendingJoin {
  /** Whether the client still waits. */
  readonly isOpen: () => boolean;
  /** Ends the wait; `false` when it was over. */
  readonly end: () => boolean;
}

/** The port through which clients join namespaces. */
export interface ClientEntrance {
  /**
   * A client asks to join a namespace.
   *
   * @param auth - the data of its request
   * @param isAsked - whether it sent a request, and gets an answer when there is no such namespace
   */
  join(client: EnteringClient, namespace: string, auth: unknown, isAsked: boolean): void;
}

/** The port that a client needs of its server. */
export interface ClientOwner<Client> {
  /** How packets are encoded and decoded. */
  readonly codec: Codec;
  readonly limits: ClientLimits;
  readonly clock: Clock;
  readonly namespaces: ClientNamespaces;
  readonly entrance: ClientEntrance;
  /** The client has at least one namespace. */
  onBusy(client: Client): void;
  /** The client has no namespace, and must join one in time. */
  onIdle(client: Client): void;
  /** The client has its first packet. */
  onClientOpen(client: Client): void;
  /** The client is gone. */
  onClientClose(client: Client, reason: CloseReason): void;
  /** The client asks to join for the first time in this tick. The server calls `forgetAsked` at its end. */
  onAsked(client: Client): void;
  /** See {@link SocketOwner.nextRequestId}. */
  nextRequestId(): number;
  /** Something that the client sent was ignored. */
  onIgnored(client: Client, namespace: string, message: string): void;
  /** A limit was reached by a client, or, with `null`, by the application. */
  onLimit(client: { readonly number: number } | null, namespace: string, limit: SoftLimit): void;
  onSocketDisconnect(socket: Socket, reason: DisconnectReason): void;
  /** Reports an error that no client has caused. */
  report(error: unknown): void;
}
