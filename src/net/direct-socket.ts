/**
 * Network sockets past their streams, which cost more than half of what Node itself does for a short message.
 *
 * - **Reading** into one piece of memory that all sockets share, which Node offers for sockets that a program
 *   opens itself (`onread` of `net.connect`), and straight from the handle inside: the stream of a socket is
 *   a dozen objects, which with thousands of sockets have to be fetched from memory for each message. The end
 *   of a connection goes to the stream as ever, and so does a break, unless the receiver takes it.
 * - **Writing** on the handle inside, as the stream does, but with one request for all writes. A request is
 *   what learns the end of a write that was not taken at once; that write keeps it, and with it the bytes
 *   being written. As most are taken at once, most need none: Node from 26 on makes requests by itself, for
 *   those alone that need one.
 *
 * Where any of this is not to be found, sockets are used as the streams that they are.
 */

import { Socket } from "node:net";

/** Takes what a socket receives. */
export interface Receiver {
  /** @internal Of all bytes that the socket has received, the number that are known of; its last 32 bits. */
  received: number;
  /**
   * Takes what has come.
   *
   * @param memory - where it is, from its beginning on, until this returns
   * @param length - how many bytes have come
   */
  onReceived(memory: Buffer, length: number): void;
  /**
   * The connection has broken: its peer is gone without an end. To make an error of that, with a stack, costs
   * the stream a twentieth of what a connection costs in all.
   *
   * @returns whether the stream is to hear nothing of it
   */
  onBroken?(): boolean;
}

/** Takes what a connection without a socket receives, which has no stream for its other events. */
export interface BareReceiver extends Receiver {
  /** The peer sends nothing more. */
  onHalfClosed(): void;
  /** The connection has broken, and should be destroyed. */
  onBroken(): boolean;
  /** The connection is closed. */
  onClosed(): void;
}

/** As much as Node reads at once by itself. */
const memoryBytes = 64 * 1024;
/** What all sockets read into; `null` until the first one does. */
let memory: Buffer | null = null;
let provideMemory: () => Buffer | null = () => null;

/**
 * Names the memory that sockets read into. It stays as it is once the first one does.
 *
 * @param provide - gives 64 KiB, or `null` for memory like any other; called at most once
 */
export function readInto(provide: () => Buffer | null): void {
  provideMemory = provide;
}

/** The memory that all sockets read into. */
function sharedMemory(): Buffer {
  memory ??= provideMemory() ?? Buffer.allocUnsafeSlow(memoryBytes);
  return memory;
}

const receiverOf = Symbol("the receiver of a socket");

/** What learns that a write is done. It is Node's own. */
interface WriteRequest {
  /** The bytes being written: Node keeps strings by itself, but not bytes. */
  buffer?: unknown;
  /** Called when a write that was not taken at once has been, or has failed. */
  oncomplete?: WriteEnd;
}

/** @param status - 0, or less where the write has failed */
type WriteEnd = (this: WriteRequest, status: number, handle: DirectHandle) => void;

/**
 * The inside of a socket. What writes gives 0, the number of an error, or the request that it has made. On a
 * socket that has been closed nothing is written, and perhaps nothing given.
 */
export interface DirectHandle {
  [receiverOf]?: Receiver;
  useUserBuffer(memory: Buffer): void;
  /** Called when something has come, into the memory that was given; or when nothing more will. */
  onread: OnRead;
  /** How many bytes have come in all. */
  readonly bytesRead: number;
  /**
   * Asks for the peer's address. Gives the number of an error where the connection has broken, and 0 else,
   * also after an end.
   */
  getpeername?(address: object): number;
  writeLatin1String(request: WriteRequest | null, text: string): WriteResult;
  writeBuffer(request: WriteRequest | null, bytes: Uint8Array): WriteResult;
  writev(request: WriteRequest | null, pieces: readonly Uint8Array[], areBytes: true): WriteResult;
  /** Whether the operating system is asked for what comes. */
  readonly reading: boolean;
  /** Bytes that the operating system has not taken yet. */
  readonly writeQueueSize: number | undefined;
}

/** The inside of a connection without a socket. */
export interface BareHandle extends DirectHandle {
  /** Begins to read. Gives 0, or the number of an error: also where it is read already. */
  readStart(): number;
  readStop(): number;
}

type OnRead = (this: DirectHandle, unused: unknown) => unknown;

type WriteResult = number | WriteRequest | undefined;

type MakeRequest = () => WriteRequest | null;

/**
 * Makes a request, or gives `null` where Node makes them. It is `null` where none is found, `undefined` until
 * one is sought.
 */
let newRequest: MakeRequest | null | undefined;
/** For the next write, should it not be taken at once. */
let request: WriteRequest | null = null;

/** Finds what requests are made by: a stream that is given a handle of ours hands it one. */
function findRequests(): MakeRequest | null {
  const given: unknown[] = [];
  const handle = {
    writeLatin1String(request: unknown) {
      given.push(request);
      return 0;
    },
  };
  const socket = new Socket();
  try {
    Reflect.set(socket, "_handle", handle);
    socket._write("", "latin1" as BufferEncoding, () => {});
  } catch {
    // A stream that wants more of a handle works otherwise than is known here.
    return null;
  } finally {
    Reflect.set(socket, "_handle", null);
    socket.destroy();
  }
  const [found] = given;
  if (found === null) return () => null;
  const kind = found?.constructor;
  return kind === undefined || kind === Object ? null : () => Reflect.construct(kind, []) as WriteRequest;
}

/** What Node does with what has come. */
let readAsStream: OnRead | null = null;

/**
 * Hands what has come to the receiver. How much that is, Node tells its own code alone: it is what has been
 * added.
 */
function read(this: DirectHandle, unused: unknown): unknown {
  const receiver = this[receiverOf];
  if (receiver !== undefined) {
    const received = this.bytesRead | 0;
    const length = (received - receiver.received) | 0;
    if (length > 0 && memory !== null) {
      receiver.received = received;
      receiver.onReceived(memory, length);
      return undefined;
    }
    const isBroken = (this.getpeername?.({}) ?? 0) < 0;
    if (isBroken && receiver.onBroken?.() === true) return undefined;
  }
  return readAsStream?.call(this, unused);
}

/**
 * Has all that a socket receives from now on handed to a receiver, in place of the stream's `data`; its other
 * events come as before. From then on write to it with {@link writeDirectly} and {@link
 * writeAllDirectly} alone.
 *
 * @param socket - a socket without readers, and with nothing to send
 * @returns what to write to; `null` where none of this is possible, and then nothing has changed
 */
export function useDirectly(socket: object, receiver: Receiver): DirectHandle | null {
  // Classes derived from it, as for TLS, read and write in their own way.
  if (Object.getPrototypeOf(socket) !== Socket.prototype) return null;
  const {
    readableLength,
    writableLength,
    _handle: handle,
  } = socket as unknown as Socket & {
    readonly _handle?: Partial<DirectHandle> | null;
  };
  if (readableLength + writableLength > 0 || !isDirect(handle)) return null;
  readAsStream ??= handle.onread;
  if (handle.onread !== readAsStream) return null;
  if (!canWrite()) return null;
  receiver.received = handle.bytesRead | 0;
  handle[receiverOf] = receiver;
  handle.useUserBuffer(sharedMemory());
  handle.onread = read;
  // Of sockets that are read already, as those of requests are, the stream needs to do no more.
  if (!handle.reading) (socket as unknown as Socket).resume();
  return handle;
}

/**
 * Has all that a handle without a socket receives from now on handed to a receiver, as {@link useDirectly}
 * does. The handle is being read already.
 *
 * @returns whether that is possible; otherwise nothing has changed
 */
export function useBare(handle: BareHandle, receiver: BareReceiver): boolean {
  if (!canWrite()) return false;
  receiver.received = handle.bytesRead | 0;
  handle[receiverOf] = receiver;
  handle.useUserBuffer(sharedMemory());
  handle.onread = readBare;
  return true;
}

function readBare(this: DirectHandle): undefined {
  const handle = this as BareHandle;
  const receiver = handle[receiverOf] as BareReceiver;
  const received = handle.bytesRead | 0;
  const length = (received - receiver.received) | 0;
  if (length > 0 && memory !== null) {
    receiver.received = received;
    receiver.onReceived(memory, length);
  } else if (handle.readStart() === 0) {
    // Reading had stopped, which it does by itself only at the end of what comes.
    handle.readStop();
    receiver.onHalfClosed();
  } else if ((handle.getpeername?.({}) ?? 0) < 0) {
    receiver.onBroken();
  }
  // Otherwise nothing has come: the memory was filled to its end, and Node has asked whether there is more.
}

/** Whether it is known, or can be found, how Node makes requests for writes. */
export function canWrite(): boolean {
  if (newRequest === undefined) {
    newRequest = findRequests();
    request = newRequest?.() ?? null;
  }
  return newRequest !== null;
}

/** Whether the handle of a socket is as known here. */
function isDirect(handle: Partial<DirectHandle> | null | undefined): handle is DirectHandle {
  return isDirectAlone(handle) && typeof handle.onread === "function" && typeof handle.reading === "boolean";
}

/** Whether a handle that has no socket yet is as known here. */
export function isDirectAlone(handle: Partial<DirectHandle> | null | undefined): handle is DirectHandle {
  return (
    typeof handle?.useUserBuffer === "function" &&
    typeof handle.bytesRead === "number" &&
    typeof handle.writeLatin1String === "function" &&
    typeof handle.writeBuffer === "function" &&
    typeof handle.writev === "function" &&
    typeof handle.writeQueueSize === "number"
  );
}

/**
 * Writes to a socket.
 *
 * @param data - bytes, or a string whose characters each stand for one byte; not to be changed until it is
 *   sent
 * @param onEnd - called when they have been taken after all, or never will be
 * @returns how many bytes the operating system has not taken of all that was written; less than 0 when the
 *   socket is broken, and should be destroyed
 */
export function writeDirectly(handle: DirectHandle, data: string | Uint8Array, onEnd?: WriteEnd): number {
  const result =
    typeof data === "string" ? handle.writeLatin1String(request, data) : handle.writeBuffer(request, data);
  const waiting = handle.writeQueueSize;
  return result === 0 && waiting === 0 ? 0 : keep({ result, waiting, data, onEnd });
}

/** Writes several pieces at once; otherwise like {@link writeDirectly}. */
export function writeAllDirectly(
  handle: DirectHandle,
  pieces: readonly Uint8Array[],
  onEnd?: WriteEnd,
): number {
  const result = handle.writev(request, pieces, true);
  const waiting = handle.writeQueueSize;
  return result === 0 && waiting === 0 ? 0 : keep({ result, waiting, data: pieces, onEnd });
}

/** A write that was not taken at once. */
interface WaitingWrite {
  readonly result: WriteResult;
  readonly waiting: number | undefined;
  readonly data: unknown;
  readonly onEnd: WriteEnd | undefined;
}

/** Leaves the request to such a write, and lets it keep the bytes. */
function keep({ result, waiting = 0, data, onEnd }: WaitingWrite): number {
  const own = typeof result === "object" ? result : request;
  if (own !== null && typeof data !== "string") own.buffer = data;
  if (own !== null && onEnd !== undefined) own.oncomplete = onEnd;
  request = newRequest?.() ?? null;
  return typeof result === "number" && result < 0 ? result : waiting;
}
