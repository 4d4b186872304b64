/**
 * Network sockets past their streams, which cost more than half of what Node itself does for a short message.
 *
 * - **Reading** into one piece of memory that all sockets share. Node offers that for sockets that a program opens itself
 *   (`onread` of `net.connect`); for those that a server accepts it has no option, so what the option sets is set here.
 *   Nothing is assumed of its names: they are found by what Node does with the option.
 * - **Writing** by the method that the stream itself writes with, which Node documents for those who make streams. What
 *   the operating system does not take at once is kept and sent in order by Node, as ever; only the stream's own account
 *   of it is not kept.
 *
 * Where any of this is not to be found, sockets are used as the streams that they are.
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
  /** Bytes that the operating system has not taken yet. */
  readonly writeQueueSize: number;
}

/** A socket that is used past its stream. */
export type DirectSocket = Socket & { readonly _handle: Handle | null };

/**
 * Has all that a socket receives from now on handed to a function, in place of the stream's `data`; its other events come as
 * before. From then on it is to be written to with {@link writeDirectly} and {@link writeAllDirectly} alone.
 *
 * @param socket - a socket that nobody reads, and that has nothing to send
 * @param take - the function, which all sockets should share
 * @returns whether that is possible: if not, nothing has changed
 */
export function useDirectly<Carrier extends object>(
  socket: Carrier,
  take: TakeReceived<Carrier>,
): socket is Carrier & DirectSocket {
  // What is derived from a socket, as those of TLS are, has a way of its own.
  if (keys === null || Object.getPrototypeOf(socket) !== Socket.prototype) return false;
  const {
    readableLength,
    writableLength,
    _handle: handle,
  } = socket as unknown as Socket & {
    readonly _handle?: Partial<Handle> | null;
  };
  const isFree =
    readableLength + writableLength === 0 &&
    Reflect.get(socket, keys.memory) === null &&
    Reflect.get(socket, keys.next) === null;
  if (!isFree || typeof handle?.useUserBuffer !== "function" || typeof handle.writeQueueSize !== "number") {
    return false;
  }
  Reflect.set(socket, keys.memory, memory);
  Reflect.set(socket, keys.take, take);
  handle.useUserBuffer(memory);
  return true;
}

/** What has become of the write that is under way: Node tells of most before the call that writes returns. */
let isWritten = false;
let failure: Error | null = null;

/** Told of the end of every write. Later failures the reading side learns as well, which ends the socket. */
function onWritten(error?: Error | null): void {
  isWritten = true;
  failure = error ?? null;
}

/**
 * Writes to a socket.
 *
 * @param data - bytes, or a string whose characters each stand for one byte; not to be changed until it is sent
 * @returns whether the operating system has taken all of it
 */
export function writeDirectly(socket: DirectSocket, data: string | Uint8Array): boolean {
  begin();
  socket._write(data, typeof data === "string" ? "latin1" : ("buffer" as BufferEncoding), onWritten);
  return settle(socket);
}

/** Writes several pieces at once. */
export function writeAllDirectly(socket: DirectSocket, pieces: readonly Uint8Array[]): boolean {
  begin();
  const chunks = pieces.map((chunk) => ({ chunk, encoding: "buffer" as BufferEncoding }));
  socket._writev?.(chunks, onWritten);
  return settle(socket);
}

function begin(): void {
  isWritten = false;
  failure = null;
}

function settle(socket: DirectSocket): boolean {
  // As the stream does.
  if (failure !== null) socket.destroy(failure);
  return isWritten;
}

/** Bytes that were written to a socket and that the operating system has not taken. */
export function waitingBytes({ _handle: handle }: DirectSocket): number {
  return handle?.writeQueueSize ?? 0;
}
