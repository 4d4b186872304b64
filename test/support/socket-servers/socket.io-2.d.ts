/** What the tests use of Socket.IO 2, whose package brings no types. */
declare module "socket.io-2" {
  import type { Server as HttpServer } from "node:http";

  interface OldSocket {
    readonly handshake: { readonly query: Record<string, string | undefined> };
    // biome-ignore lint/suspicious/noExplicitAny: listeners take what the client sends
    on(event: string, listener: (...values: any[]) => void): unknown;
    emit(event: string, ...values: unknown[]): unknown;
    disconnect(close?: boolean): unknown;
  }

  interface OldNamespace {
    use(middleware: (socket: OldSocket, next: (error?: Error) => void) => void): unknown;
    on(event: "connection", listener: (socket: OldSocket) => void): unknown;
  }

  interface OldServer {
    of(name: string): OldNamespace;
    close(callback: () => void): void;
  }

  export default function createServer(http: HttpServer, options?: Record<string, unknown>): OldServer;
}
