/** A server on a free port of this machine, while one test runs. What it says is up to the class above it. */

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export abstract class FakeBrokerServer {
  protected readonly sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.accept(socket));

  /** Listens until the test ends. */
  protected async listen(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    onTestFinished(() => {
      this.disconnect();
      this.#server.close();
    });
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.sockets.size;
  }

  /** Ends all connections. */
  disconnect(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  protected abstract accept(socket: Socket): void;
}
