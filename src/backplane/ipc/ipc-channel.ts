/**
 * Messages between a process and the one that forked it. Those of one turn travel together: each one alone
 * would cost both processes a system call.
 */

/** A message to the broker. */
export type IpcRequest =
  /** Ends all earlier subscriptions. */
  | readonly [type: "reset"]
  | readonly [type: "publish", subject: string, message: Uint8Array]
  | readonly [type: "subscribe", subject: string]
  | readonly [type: "unsubscribe", subject: string];

/** Requests of a process, and the number with which the broker says that it has done them. */
export interface IpcRequests {
  readonly number: number;
  readonly requests: readonly IpcRequest[];
}

/** A message of the broker to a process. */
export interface IpcAnswer {
  /** The number of the requests that are done, `0` for none. */
  readonly done: number;
  /** Subjects and messages. */
  readonly messages: readonly (readonly [subject: string, message: Uint8Array])[];
  /** Whether messages were dropped before these, since the process did not keep up. */
  readonly isAfterLoss: boolean;
}

/** Gets the values that come through a channel. */
export interface IpcChannelListener<Incoming> {
  onValue(value: Incoming): void;
  /** The other end is gone. */
  onClose(): void;
}

/** One end of a channel for structured values, which keeps their order. */
export interface IpcChannel<Outgoing, Incoming> {
  /** Sends a value. Calls `onSent` when the value has left, or never will. */
  send(value: Outgoing, onSent: () => void): void;
  /** Registers the listener. Returns a function that removes it. */
  listen(listener: IpcChannelListener<Incoming>): () => void;
}

/** A process or a worker of `node:cluster`, as far as this file uses them. */
export interface MessagingProcess {
  readonly connected?: boolean | undefined;
  send?(message: unknown, callback?: (error: Error | null) => void): boolean;
  on(event: string, listener: (message: unknown) => void): unknown;
  off(event: string, listener: (message: unknown) => void): unknown;
}

/** Marks messages of Roomcast among others that a program sends between its processes. */
interface Envelope {
  readonly roomcast: unknown;
}

function isEnvelope(message: unknown): message is Envelope {
  return typeof message === "object" && message !== null && "roomcast" in message;
}

/** A channel over the messages between a process and its worker. They must be serialized as `"advanced"`. */
export class ProcessChannel<Outgoing, Incoming> implements IpcChannel<Outgoing, Incoming> {
  readonly #process: MessagingProcess;

  /** @param process - the worker; in a worker, its own process */
  constructor(process: MessagingProcess) {
    this.#process = process;
  }

  send(value: Outgoing, onSent: () => void): void {
    const envelope: Envelope = { roomcast: value };
    // An error means that the other process is gone; `disconnect` says so as well.
    if (this.#process.send === undefined) onSent();
    else this.#process.send(envelope, () => onSent());
  }

  listen({ onValue, onClose }: IpcChannelListener<Incoming>): () => void {
    const take = (message: unknown) => {
      if (isEnvelope(message)) onValue(message.roomcast as Incoming);
    };
    this.#process.on("message", take);
    this.#process.on("disconnect", onClose);
    return () => {
      this.#process.off("message", take);
      this.#process.off("disconnect", onClose);
    };
  }
}

/** Two ends of a channel within one process, for the process that forks the others. */
export function channelPair<Left, Right>(): {
  left: IpcChannel<Left, Right>;
  right: IpcChannel<Right, Left>;
  /** Tells both ends that the other is gone. */
  cut(): void;
} {
  const left = new LocalEnd<Left, Right>();
  const right = new LocalEnd<Right, Left>();
  left.peer = right;
  right.peer = left;
  const cut = () => {
    left.peer = right.peer = null;
    left.listener?.onClose();
    right.listener?.onClose();
  };
  return { left, right, cut };
}

class LocalEnd<Outgoing, Incoming> implements IpcChannel<Outgoing, Incoming> {
  peer: LocalEnd<Incoming, Outgoing> | null = null;
  listener: IpcChannelListener<Incoming> | null = null;

  send(value: Outgoing, onSent: () => void): void {
    queueMicrotask(() => {
      onSent();
      this.peer?.listener?.onValue(value);
    });
  }

  listen(listener: IpcChannelListener<Incoming>): () => void {
    this.listener = listener;
    return () => {
      this.listener = null;
    };
  }
}
