import { describe, expect, it } from "vitest";
import { IpcBroker } from "../../../src/backplane/ipc/ipc-broker.ts";
import type {
  IpcAnswer,
  IpcChannel,
  IpcChannelListener,
  IpcRequest,
  IpcRequests,
} from "../../../src/backplane/ipc/ipc-channel.ts";

const hello = Buffer.from("hello");
const turn = () => Promise.resolve();

/** A process that takes what the broker sends when the test says so. */
class Process implements IpcChannel<IpcAnswer, IpcRequests> {
  readonly received: IpcAnswer[] = [];
  /** Whether it takes each value at once. */
  keepsUp = true;
  #listener: IpcChannelListener<IpcRequests> | null = null;
  #untaken: (() => void)[] = [];

  constructor(broker: IpcBroker) {
    broker.connect(this);
  }

  get isHeard(): boolean {
    return this.#listener !== null;
  }

  send(value: IpcAnswer, onSent: () => void): void {
    this.received.push(value);
    if (this.keepsUp) onSent();
    else this.#untaken.push(onSent);
  }

  listen(listener: IpcChannelListener<IpcRequests>): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }

  ask(number: number, ...requests: readonly IpcRequest[]): void {
    this.#listener?.onValue({ number, requests });
  }

  /** It takes all that was sent until now. */
  take(): void {
    for (const onSent of this.#untaken.splice(0)) onSent();
  }

  end(): void {
    this.#listener?.onClose();
  }
}

describe("what a process gets", () => {
  it("travels together: the messages of a turn, and the number of the requests that are done", async () => {
    const broker = new IpcBroker();
    const [one, other] = [new Process(broker), new Process(broker)];
    other.ask(1, ["subscribe", "news"], ["subscribe", "gossip"]);
    one.ask(1, ["publish", "news", hello], ["publish", "weather", hello]);
    one.ask(2, ["publish", "gossip", hello]);
    await turn();
    const messages = [
      ["news", hello],
      ["gossip", hello],
    ];
    expect(other.received).toEqual([{ done: 1, messages, isAfterLoss: false }]);
    // Each number is answered, in its own message.
    expect(one.received.map(({ done }) => done)).toEqual([1, 2]);
  });

  it("is nothing of its own, and nothing of what it has left", async () => {
    const broker = new IpcBroker();
    const [one, other] = [new Process(broker), new Process(broker)];
    one.ask(1, ["subscribe", "news"], ["publish", "news", hello]);
    other.ask(1, ["subscribe", "news"], ["subscribe", "gossip"]);
    other.ask(2, ["unsubscribe", "news"]);
    one.ask(2, ["publish", "news", hello], ["publish", "gossip", hello]);
    other.ask(3, ["reset"]);
    one.ask(3, ["publish", "gossip", hello]);
    await turn();
    expect(one.received.flatMap(({ messages }) => messages)).toEqual([]);
    expect(other.received.flatMap(({ messages }) => messages)).toEqual([["gossip", hello]]);
  });

  it("is nothing more once it is gone", async () => {
    const broker = new IpcBroker();
    const [one, other] = [new Process(broker), new Process(broker)];
    other.ask(1, ["subscribe", "news"]);
    await turn();
    other.end();
    one.ask(1, ["publish", "news", hello]);
    await turn();
    expect([other.isHeard, other.received.length]).toEqual([false, 1]);
  });
});

describe("a process that does not keep up", () => {
  it("misses messages above 64 MiB, and is told so once it has taken the others", async () => {
    const broker = new IpcBroker();
    const [one, other] = [new Process(broker), new Process(broker)];
    other.ask(1, ["subscribe", "news"]);
    await turn();
    other.keepsUp = false;
    other.received.length = 0;
    const half = new Uint8Array(32 * 1024 * 1024 - 64);
    const publish = (number: number, message: Uint8Array) => one.ask(number, ["publish", "news", message]);
    publish(1, half);
    await turn();
    publish(2, half);
    await turn();
    expect(other.received).toHaveLength(2);
    publish(3, hello);
    await turn();
    expect(other.received).toHaveLength(2);
    other.take();
    await turn();
    expect(other.received.slice(2)).toEqual([{ done: 0, messages: [], isAfterLoss: true }]);
    publish(4, hello);
    await turn();
    expect(other.received[3]).toEqual({ done: 0, messages: [["news", hello]], isAfterLoss: false });
  });
});
