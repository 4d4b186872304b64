/** The broker between a process and the workers that it forked. It lives in that process. */

import type { IpcAnswer, IpcChannel, IpcRequests } from "./ipc-channel.ts";

/** The most bytes under way to one process. A process that takes no more misses messages, and is told so. */
const maxPendingBytes = 64 * 1024 * 1024;
/** The bytes that each message costs besides its own. */
const messageOverhead = 64;

/** One process. */
class Member {
  readonly #channel: IpcChannel<IpcAnswer, IpcRequests>;
  #messages: [subject: string, message: Uint8Array][] = [];
  #size = 0;
  #done = 0;
  #pendingBytes = 0;
  #isScheduled = false;
  #hasLost = false;

  constructor(channel: IpcChannel<IpcAnswer, IpcRequests>) {
    this.#channel = channel;
  }

  deliver(subject: string, message: Uint8Array): void {
    const size = message.length + messageOverhead;
    if (this.#hasLost || this.#pendingBytes + this.#size + size > maxPendingBytes) {
      this.#hasLost = true;
      return;
    }
    this.#size += size;
    this.#messages.push([subject, message]);
    this.#schedule();
  }

  answer(number: number): void {
    // Earlier messages go first.
    if (this.#done !== 0) this.#flush();
    this.#done = number;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    const messages = this.#messages;
    const size = this.#size;
    if (messages.length === 0 && this.#done === 0) return;
    this.#messages = [];
    this.#size = 0;
    this.#pendingBytes += size;
    this.#channel.send({ done: this.#done, messages, isAfterLoss: false }, () => {
      this.#pendingBytes -= size;
      if (this.#hasLost && this.#pendingBytes === 0) {
        this.#hasLost = false;
        this.#channel.send({ done: 0, messages: [], isAfterLoss: true }, () => {});
      }
    });
    this.#done = 0;
  }
}

/** Passes messages on between the processes that are connected to it. */
export class IpcBroker {
  readonly #subjects = new Map<string, Set<Member>>();

  /** Connects a process, until its channel closes. */
  connect(channel: IpcChannel<IpcAnswer, IpcRequests>): void {
    const member = new Member(channel);
    const subscribed = new Set<string>();
    const forgetAll = () => {
      for (const subject of subscribed) this.#remove(member, subject);
      subscribed.clear();
    };
    const stopListening = channel.listen({
      onValue: ({ number, requests }) => {
        for (const request of requests) {
          switch (request[0]) {
            case "publish":
              this.#publish(member, request[1], request[2]);
              break;
            case "subscribe":
              subscribed.add(request[1]);
              this.#add(member, request[1]);
              break;
            case "unsubscribe":
              subscribed.delete(request[1]);
              this.#remove(member, request[1]);
              break;
            case "reset":
              forgetAll();
              break;
          }
        }
        member.answer(number);
      },
      onClose: () => {
        forgetAll();
        stopListening();
      },
    });
  }

  #publish(sender: Member, subject: string, message: Uint8Array): void {
    for (const member of this.#subjects.get(subject) ?? []) {
      if (member !== sender) member.deliver(subject, message);
    }
  }

  #add(member: Member, subject: string): void {
    const members = this.#subjects.get(subject);
    if (members === undefined) this.#subjects.set(subject, new Set([member]));
    else members.add(member);
  }

  #remove(member: Member, subject: string): void {
    const members = this.#subjects.get(subject);
    members?.delete(member);
    if (members?.size === 0) this.#subjects.delete(subject);
  }
}
