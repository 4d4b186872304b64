/** A process's link to the broker in the process that forked it. */

import type { BrokerLink, BrokerLinkOwner, ConnectBroker } from "../bus/broker-bus.ts";
import type { IpcAnswer, IpcChannel, IpcRequest, IpcRequests } from "./ipc-channel.ts";

/**
 * The number of the last requests of this process. All links share it: a late answer must not fit a newer
 * link.
 */
let lastNumber = 0;

/** Waits until the broker has done some requests. */
interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** See {@link ipcLinks}. */
class IpcLink implements BrokerLink {
  readonly lifeSign = "answer";
  readonly #channel: IpcChannel<IpcRequests, IpcAnswer>;
  readonly #owner: BrokerLinkOwner;
  readonly #stopListening: () => void;
  readonly #waiting = new Map<number, Waiter>();
  #requests: IpcRequest[] = [["reset"]];
  #done: Promise<void> | null = null;
  #isClosed = false;

  constructor(channel: IpcChannel<IpcRequests, IpcAnswer>, owner: BrokerLinkOwner) {
    this.#channel = channel;
    this.#owner = owner;
    this.#stopListening = channel.listen({
      onValue: (answer) => this.#take(answer),
      onClose: () => owner.onLost(new Error("The process that started this one is gone.")),
    });
  }

  publish(subject: string, message: Uint8Array): Promise<unknown> {
    return this.#ask(["publish", subject, message]);
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    return Promise.all(subjects.map((subject) => this.#ask(["subscribe", subject])));
  }

  unsubscribe(subjects: readonly string[]): Promise<unknown> {
    return Promise.all(subjects.map((subject) => this.#ask(["unsubscribe", subject])));
  }

  ping(): Promise<unknown> {
    return this.#ask();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening();
    for (const { reject } of this.#waiting.values()) reject(closed());
    this.#waiting.clear();
    lastNumber += 1;
    this.#channel.send({ number: lastNumber, requests: [...this.#requests, ["reset"]] }, () => {});
    this.#requests = [];
  }

  #take({ done, messages, isAfterLoss }: IpcAnswer): void {
    if (isAfterLoss) {
      this.#owner.onLost(new Error("Messages were lost, since this process did not keep up."));
      return;
    }
    for (const [subject, message] of messages) this.#owner.onMessage(subject, message);
    this.#waiting.get(done)?.resolve();
    this.#waiting.delete(done);
  }

  /** Sends a request with the others of this turn. Resolves when the broker has done them. */
  #ask(request?: IpcRequest): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed());
    if (request !== undefined) this.#requests.push(request);
    if (this.#done !== null) return this.#done;
    lastNumber += 1;
    const number = lastNumber;
    this.#done = new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    queueMicrotask(() => {
      const requests = this.#requests;
      this.#requests = [];
      this.#done = null;
      if (this.#waiting.has(number)) this.#channel.send({ number, requests }, () => {});
    });
    return this.#done;
  }
}

function closed(): Error {
  return new Error("The connection to the process that started this one was closed.");
}

/**
 * Opens links.
 *
 * @param open - opens a channel to the broker, or throws where there is none
 */
export function ipcLinks(open: () => IpcChannel<IpcRequests, IpcAnswer>): ConnectBroker {
  return async (owner) => {
    const link = new IpcLink(open(), owner);
    await link.ping();
    return link;
  };
}
