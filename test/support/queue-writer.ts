/** Writes to a message queue what no Roomcast process would, for the duration of one test. */

import { onTestFinished } from "vitest";
import { queueBus } from "../../src/backplane/message-queue.ts";
import { encodeMessage, type Message } from "../../src/backplane/wire/envelope.ts";
import { systemClock } from "../../src/base/time/clock.ts";
import type { Target } from "../../src/core/model/target.ts";
import { encodeEvent } from "../../src/protocol/socket-packet-encoder.ts";

/** The node id of the writer. */
export const writerNode = "writer-node";

/** Writes messages, and records those it receives. */
export interface QueueWriter {
  /** Writes a message on a subject. */
  write(subject: string, message: Message | Uint8Array): void;
  /** Subscribes to a subject. */
  hear(subject: string): Promise<void>;
  /** The received messages. */
  readonly heard: { readonly subject: string; readonly bytes: Uint8Array }[];
}

/**
 * Connects a writer.
 *
 * @param url - the URL of the message queue
 */
export async function writeTo(url: string): Promise<QueueWriter> {
  const bus = queueBus(url, "roomcast", systemClock);
  const heard: { subject: string; bytes: Uint8Array }[] = [];
  onTestFinished(() => bus.close());
  await bus.open({
    onMessage: (subject, bytes) => heard.push({ subject, bytes: Uint8Array.from(bytes) }),
    onUp() {},
    onDown() {},
    onRefused() {},
  });
  return {
    heard,
    hear: (subject) => bus.subscribe(subject),
    write: (subject, message) =>
      void bus.publish(subject, message instanceof Uint8Array ? message : encodeMessage(message)),
  };
}

/** The whole main namespace, unless `target` changes it. */
export function targetOf(target: Partial<Target> = {}): Target {
  return { namespace: "/", sid: null, rooms: null, skip: null, ...target };
}

/** An event `"news"` with one value, unless its text is given. */
export function eventTo(
  target: Target,
  value: unknown,
  event = encodeEvent(target.namespace, ["news", value]),
) {
  return {
    type: "event",
    origin: writerNode,
    id: 0,
    target,
    volatile: false,
    compress: true,
    event,
  } as const satisfies Message;
}
