/**
 * A client that follows every rule while others do not: each of its events must be answered, in order and in
 * time.
 */

import WebSocket from "ws";
import { Wire } from "../support/wire.ts";

/** How long an answer may take, in ms. Far more than needed, because the machine may be busy. */
const patience = 30_000;
/** The pause between an answer and the next event, in ms. */
const pause = 10;

/** One transport of the client. */
interface Voice {
  /** Sends a message. */
  say(text: string): void;
  end(): void;
}

/** Receives messages, and learns why a connection ended that should not have. */
interface Ear {
  hear(text: string): void;
  lost(why: string): void;
}

/** A well-behaved client. */
export class Canary implements Ear {
  readonly #voice: Voice;
  readonly #ready: Promise<void>;
  readonly #fail: (why: string) => void;
  readonly #what: string;
  #onReady = () => {};
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;
  #sentAt = 0;
  #isOver = false;
  /** How many events were answered. */
  answers = 0;
  /** The longest time that an answer took, in ms. */
  slowest = 0;

  private constructor(what: string, speak: (ear: Ear) => Voice, fail: (why: string) => void) {
    this.#what = what;
    this.#fail = fail;
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#await("the handshake");
    this.#voice = speak(this);
  }

  /** A client over WebSocket. */
  static webSocket(port: number, fail: (why: string) => void): Canary {
    return new Canary(`WebSocket on ${port}`, (ear) => new WebSocketVoice(port, ear), fail);
  }

  /** A client over long polling. */
  static polling(port: number, fail: (why: string) => void): Canary {
    return new Canary(`polling on ${port}`, (ear) => new PollingVoice(port, ear), fail);
  }

  /** Resolves when the first answer has come. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Disconnects. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#voice.end();
  }

  hear(text: string): void {
    if (text.startsWith("0")) this.#voice.say("40/canary,");
    else if (text === "2") this.#voice.say("3");
    else if (text.startsWith("40/canary,")) this.#ask();
    else if (text.startsWith("43/canary,")) this.#answered(text);
    else if (text.startsWith("4")) this.#check(text.startsWith("42/canary,"), text);
    else this.#check(text === "6" || text.startsWith("3"), text);
  }

  lost(why: string): void {
    if (!this.#isOver) this.#fail(`the canary (${this.#what}) lost its connection: ${why}`);
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #check(isRight: boolean, text: string): void {
    if (!isRight) this.#fail(`the canary (${this.#what}) heard ${JSON.stringify(text.slice(0, 200))}`);
  }

  #ask(): void {
    if (this.#isOver) return;
    this.#asked += 1;
    this.#sentAt = performance.now();
    this.#await(`answer ${this.#asked}`);
    this.#voice.say(`42/canary,${this.#asked}["echo",${this.#asked}]`);
  }

  #answered(text: string): void {
    this.#check(text === `43/canary,${this.#asked}[${this.#asked}]`, text);
    this.answers += 1;
    this.slowest = Math.max(this.slowest, performance.now() - this.#sentAt);
    this.#onReady();
    clearTimeout(this.#timer);
    if (!this.#isOver) this.#timer = setTimeout(() => this.#ask(), pause);
  }

  #await(what: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#fail(`the canary (${this.#what}) waited ${patience} ms for ${what}`);
    }, patience);
  }
}

class WebSocketVoice implements Voice {
  readonly #socket: WebSocket;

  constructor(port: number, ear: Ear) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    this.#socket.on("message", (data) => ear.hear(String(data)));
    this.#socket.on("error", (error) => ear.lost(error.message));
    this.#socket.on("close", (code) => ear.lost(`close code ${code}`));
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  end(): void {
    this.#socket.terminate();
  }
}

class PollingVoice implements Voice {
  readonly #port: number;
  readonly #ear: Ear;
  readonly #polls: Wire;
  readonly #posts: Wire;
  #query = "EIO=4&transport=polling";
  #posted: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(port: number, ear: Ear) {
    this.#port = port;
    this.#ear = ear;
    this.#polls = new Wire(port);
    this.#posts = new Wire(port);
    void this.#poll();
  }

  say(text: string): void {
    // One post at a time.
    this.#posted = this.#posted.then(() => this.#request(this.#posts, "POST", text));
  }

  end(): void {
    this.#isOver = true;
    this.#polls.reset();
    this.#posts.reset();
  }

  async #poll(): Promise<void> {
    while (!this.#isOver) {
      const body = await this.#request(this.#polls, "GET", "");
      const sid = /^0.*"sid":"([^"]+)"/.exec(body)?.[1];
      if (sid !== undefined) this.#query += `&sid=${sid}`;
      for (const packet of body.split("\u001e")) if (packet !== "") this.#ear.hear(packet);
    }
  }

  async #request(wire: Wire, method: string, body: string): Promise<string> {
    const length = method === "POST" ? `Content-Length: ${body.length}\r\n` : "";
    wire.write(
      `${method} /socket.io/?${this.#query} HTTP/1.1\r\nHost: 127.0.0.1:${this.#port}\r\n${length}\r\n${body}`,
    );
    const answer = await wire.answer(patience);
    if (this.#isOver) return "";
    if (answer?.status !== 200) {
      this.#isOver = true;
      this.#ear.lost(`${method} was answered with ${answer?.status ?? "nothing"} ${answer?.body ?? ""}`);
      return "";
    }
    return answer.body;
  }
}
