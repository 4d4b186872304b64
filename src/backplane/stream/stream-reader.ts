/**
 * Reads the messages of one namespace, and leaves out those that other programs or mistakes brought there:
 * each kind comes on certain channels only, and an event has to be one of this namespace.
 */

import { eventProblem } from "../../protocol/socket-packet-encoder.ts";
import type { MessageProblemListener } from "../wire/message-problem.ts";
import { signedMark } from "../wire/signed-messages.ts";
import type { StreamChannels } from "./stream-channels.ts";
import {
  type HeardEvent,
  isLossMarker,
  messageKinds,
  type PassedMessage,
  readEntry,
  readHeard,
  readPassed,
  type StreamEvent,
} from "./stream-event.ts";
import type { KeptEntry } from "./stream-link.ts";

/** The port that a reader needs of its node. */
export interface ReaderNode extends MessageProblemListener {
  /** The id of this node. */
  readonly node: string;
}

const colon = 0x3a;

/** Reads the messages of one namespace, and tells the node which it ignores. */
export class StreamReader {
  readonly #namespace: string;
  readonly #channels: StreamChannels;
  readonly #node: ReaderNode;

  /**
   * @param namespace - the namespace of the events
   * @param channels - its channels
   * @param node - the node
   */
  constructor(namespace: string, channels: StreamChannels, node: ReaderNode) {
    this.#namespace = namespace;
    this.#channels = channels;
    this.#node = node;
  }

  /** Whether a kind of message is allowed on a channel. */
  isPlaced(channel: string, kind: number | undefined): boolean {
    const isOwn = channel === this.#channels.node(this.#node.node);
    if (isOwn === (kind === messageKinds.barrier || kind === messageKinds.taken)) return true;
    this.#node.onIgnored("misplaced", `a message of the kind ${kind} on ${channel}`);
    return false;
  }

  /** Reads an event that came on a channel; `null` when it is ignored. */
  heard(channel: string, bytes: Uint8Array): HeardEvent | null {
    const heard = readHeard(channel, bytes);
    if (heard === null && isSigned(bytes)) {
      this.#node.onIgnored("signed", `an event on ${channel}`);
      return null;
    }
    const problem = heard === null ? "it is none" : this.#problemOf(heard.entry);
    if (heard === null || problem !== null) {
      this.#node.onIgnored("unfit", `an event for ${this.#namespace} is not sent on: ${problem}`);
      return null;
    }
    if (!this.#channels.carries(channel, heard.entry.target)) {
      this.#node.onIgnored("misplaced", `an event on ${channel}`);
      return null;
    }
    return heard;
  }

  /** Reads a message that a node passes; `null` when it is ignored. */
  passed(channel: string, bytes: Uint8Array): PassedMessage | null {
    if (bytes[1] !== signedMark) return readPassed(bytes);
    this.#node.onIgnored("signed", `a message on ${channel}`);
    return null;
  }

  /** Reads an event that the broker keeps; `null` when it is none of this namespace. */
  kept(kept: KeptEntry): StreamEvent | null {
    const entry = readEntry(kept);
    return entry === null || this.#problemOf(entry) !== null ? null : entry;
  }

  /** Why an event must not reach the clients of this namespace; `null` when it may. */
  #problemOf(entry: StreamEvent): string | null {
    if (entry.target.namespace !== this.#namespace) return "it is for another namespace";
    return isLossMarker(entry) ? null : eventProblem(entry.event, this.#namespace);
  }
}

/** Whether the event in `e<epoch>:<offset>:<event>` has a signature. */
function isSigned(bytes: Uint8Array): boolean {
  return bytes[bytes.indexOf(colon, bytes.indexOf(colon) + 1) + 1] === signedMark;
}
