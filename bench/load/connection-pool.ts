/** Opens many connections, several at a time, and fails the run when one is lost. */

import { platform } from "node:os";
import { type Address, Connection, type ConnectionOwner } from "./connection.ts";
import type { Dialect } from "./dialect.ts";

/** How many handshakes run at once. Below the default backlog of every server. */
const handshakesAtOnce = 64;

/**
 * On Linux all of 127/8 is this machine.
 * Each address has about 28 000 ports, and a used port may be unavailable for a minute.
 */
const localAddresses =
  platform() === "linux" ? Array.from({ length: 200 }, (_, index) => `127.0.0.${index + 2}`) : [undefined];

/** How connections are opened. */
export interface Handshakes {
  /** Whether clients offer to compress. Default `false`. */
  readonly compresses?: boolean;
  /** Called when a connection is ready, with the time of its handshake in ms. */
  onHandshake?(connection: Connection, milliseconds: number): void;
}

/** The connections to one server. */
export class ConnectionPool implements ConnectionOwner {
  readonly #port: number;
  readonly #dialect: Dialect;
  readonly #fail: (error: Error) => void;
  readonly #open = new Set<Connection>();
  readonly #startedAt = new Map<Connection, number>();
  readonly #closeWaiters = new Map<Connection, () => void>();
  #batch: Batch | null = null;
  #isOver = false;

  /**
   * @param port - the port of the server
   * @param dialect - the dialect of the server
   * @param fail - called when a connection is lost that the pool did not close
   */
  constructor(port: number, dialect: Dialect, fail: (error: Error) => void) {
    this.#port = port;
    this.#dialect = dialect;
    this.#fail = fail;
  }

  /** Opens connections, and waits until all are ready. */
  connect(count: number, handshakes: Handshakes = {}): Promise<Connection[]> {
    const batch = new Batch(count, handshakes);
    this.#batch = batch;
    for (let index = 0; index < Math.min(count, handshakesAtOnce); index += 1) this.#startNext(batch);
    return batch.done;
  }

  /** Closes a connection as a client does, and waits for its end. */
  close(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      this.#closeWaiters.set(connection, resolve);
      connection.close();
    });
  }

  /** Drops all connections. */
  drop(): void {
    this.#isOver = true;
    for (const connection of this.#open) connection.drop();
    this.#open.clear();
  }

  onConnect(connection: Connection): void {
    const batch = this.#batch;
    const startedAt = this.#startedAt.get(connection);
    this.#startedAt.delete(connection);
    if (batch === null) return;
    if (startedAt !== undefined) batch.onHandshake?.(connection, performance.now() - startedAt);
    batch.ready.push(connection);
    if (batch.ready.length === batch.count) batch.resolve(batch.ready);
    else this.#startNext(batch);
  }

  onClose(connection: Connection, wanted: boolean, error: Error | null): void {
    this.#open.delete(connection);
    this.#closeWaiters.get(connection)?.();
    this.#closeWaiters.delete(connection);
    if (this.#isOver || wanted) return;
    this.#fail(new Error(`a connection was lost: ${error?.message ?? "the server closed it"}`));
  }

  #startNext(batch: Batch): void {
    if (batch.started >= batch.count) return;
    batch.started += 1;
    const address: Address = {
      port: this.#port,
      localAddress: localAddresses[nextAddress++ % localAddresses.length],
      compresses: batch.compresses,
    };
    const connection = new Connection(address, this.#dialect, this);
    this.#open.add(connection);
    this.#startedAt.set(connection, performance.now());
  }
}

/** Continues from one run to the next, because the ports of the last run may be unavailable. */
let nextAddress = 0;

/** One call of {@link ConnectionPool.connect}. */
class Batch {
  readonly count: number;
  readonly onHandshake: Handshakes["onHandshake"];
  readonly compresses: boolean;
  readonly ready: Connection[] = [];
  readonly done: Promise<Connection[]>;
  started = 0;
  resolve: (connections: Connection[]) => void = () => {};

  constructor(count: number, { onHandshake, compresses = false }: Handshakes) {
    this.count = count;
    this.onHandshake = onHandshake;
    this.compresses = compresses;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}
