/**
 * Reads network sockets into one piece of memory that all of them share. Node offers that for sockets that a program opens
 * itself (`onread` of `net.connect`), and spares them the buffer for each chunk and the way through a stream. For sockets
 * that a server accepts it has no option, so what the option sets is set here. Nothing is assumed of its names: they are
 * found by what Node does with the option, and where that shows nothing, sockets are read as streams.
 */

import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";

/**
 * Takes what a socket has received; `this` is the socket.
 *
 * @param length - how many bytes have come
 * @param memory - where they are, from its beginning on, until the function returns
 * @returns `true`: more is to be read
 */
export type TakeReceived<Carrier> = (this: Carrier, length: number, memory: Buffer) => true;

/** As much as Node reads at once by itself. */
const memory = Buffer.allocUnsafeSlow(64 * 1024);

/** The properties of a socket that hold the option. */
interface Keys {
  readonly memory: symbol;
  readonly take: symbol;
  /** Holds a function that gives other memory each time. */
  readonly next: symbol;
}

const keys = findKeys();

function findKeys(): Keys | null {
  const take = () => true;
  const next = () => memory;
  const fixed = socketReading({ buffer: memory, callback: take });
  const changing = socketReading({ buffer: next, callback: take });
  const found = {
    memory: keyOf(fixed, memory),
    take: keyOf(fixed, take),
    next: keyOf(changing, next),
  };
  fixed.destroy();
  changing.destroy();
  return found.memory === undefined || found.take === undefined || found.next === undefined
    ? null
    : { memory: found.memory, take: found.take, next: found.next };
}

function socketReading(onread: OnReadOpts): Socket {
  const options: SocketConstructorOpts & { onread: OnReadOpts } = { onread };
  return new Socket(options);
}

function keyOf(socket: object, value: unknown): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find((key) => Reflect.get(socket, key) === value);
}

/** The inside of a socket. */
interface Handle {
  useUserBuffer(memory: Buffer): void;
}

/**
 * Has all that a socket receives from now on handed to a function, in place of the stream's `data`. Its other events come
 * as before.
 *
 * @param socket - a socket that nobody reads
 * @param take - the function, which all sockets should share
 * @returns whether that is possible: if not, nothing has changed
 */
export function readShared<Carrier extends object>(socket: Carrier, take: TakeReceived<Carrier>): boolean {
  // What is derived from a socket, as those of TLS are, reads in a way of its own.
  if (keys === null || Object.getPrototypeOf(socket) !== Socket.prototype) return false;
  const { readableLength, _handle: handle } = socket as Socket & {
    readonly _handle?: Partial<Handle> | null;
  };
  const isFree =
    readableLength === 0 &&
    Reflect.get(socket, keys.memory) === null &&
    Reflect.get(socket, keys.next) === null;
  if (!isFree || typeof handle?.useUserBuffer !== "function") return false;
  Reflect.set(socket, keys.memory, memory);
  Reflect.set(socket, keys.take, take);
  handle.useUserBuffer(memory);
  return true;
}
