/** A WebSocket without a network: a test plays its peer, and reads the written frames as messages. */

import * as ws from "ws";
import type {
  Frames,
  WebSocketCloseCause,
  WebSocketLink,
  WebSocketListener,
  WebSocketMessage,
} from "../../src/engine/ports.ts";

/** The part of ws's frame reader that is used here; ws exports it without types. */
interface Receiver {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  write(bytes: Uint8Array): void;
}

const { Receiver } = ws as unknown as { Receiver: new (options: object) => Receiver };

/** Reads frames as a client on ws does: texts as strings, binary messages as bytes. */
export function readFrames(frames: Frames | readonly Frames[]): (string | Buffer)[] {
  const messages: (string | Buffer)[] = [];
  const receiver = new Receiver({ isServer: false, binaryType: "nodebuffer" });
  receiver.on("message", (data, isBinary) => messages.push(isBinary ? data : data.toString()));
  receiver.on("error", (error) => {
    throw error;
  });
  for (const chunk of typeof frames === "string" ? [frames] : frames.flat()) {
    receiver.write(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  }
  return messages;
}

/** An open WebSocket. */
export class FakeLink implements WebSocketLink {
  readonly takesFrames: boolean;
  listener: WebSocketListener | null = null;
  bufferedBytes = 0;
  /** The argument of each call of `writeFrames`. */
  readonly writes: Frames[] = [];
  /** The argument of each call of `send`. */
  readonly sent: (readonly WebSocketMessage[])[] = [];
  /** How the link was ended, in order. */
  readonly endings: ("close" | "fail" | "terminate")[] = [];
  /** The close code and reason sent to the peer. */
  told: { code: number | undefined; reason: string | undefined } | null = null;
  /** Called before each write is recorded; it may throw. */
  onWrite: (() => void) | null = null;

  constructor({ takesFrames = true } = {}) {
    this.takesFrames = takesFrames;
  }

  /** Everything sent, as the peer reads it. */
  get messages(): (string | Buffer)[] {
    return [
      ...readFrames(this.writes),
      ...this.sent.flat().map(({ data }) => (typeof data === "string" ? data : Buffer.from(data))),
    ];
  }

  writeFrames(frames: Frames): void {
    this.onWrite?.();
    this.writes.push(frames);
  }

  send(messages: readonly WebSocketMessage[]): void {
    this.onWrite?.();
    this.sent.push(messages);
  }

  close(code?: number, reason?: string): void {
    this.endings.push("close");
    this.told ??= { code, reason };
  }

  fail(code: number, reason: string): void {
    this.endings.push("fail");
    this.told ??= { code, reason };
  }

  terminate(): void {
    this.endings.push("terminate");
  }

  /** The peer sends a message. */
  receive(message: string | Uint8Array): void {
    if (typeof message === "string") this.listener?.onText(message);
    else this.listener?.onBinary(message);
  }

  /** The WebSocket has closed. */
  end(cause: WebSocketCloseCause = "closed"): void {
    const { listener } = this;
    this.listener = null;
    listener?.onClose(cause);
  }
}
