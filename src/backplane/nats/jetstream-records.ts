/**
 * Records of clients, in streams that keep one message for each. A write names the number of the message that
 * it replaces, so a late write is refused.
 */

import { KeyedQueue } from "../../base/queue/keyed-queue.ts";
import {
  BrokerError,
  type ClaimedClient,
  type ClientRecord,
  type KeptRecord,
} from "../stream/stream-link.ts";
import type { JetStreamApi } from "./jetstream-api.ts";
import type { JetStreamNames } from "./jetstream-names.ts";

/** A record as it is stored. */
interface StoredRecord {
  readonly number: number;
  readonly generation: number;
  readonly node: string;
  readonly epoch: string;
  /** The rooms that the client is in, and all else, as JSON in a line each. */
  readonly text: string;
}

/** A client that was taken from a process. */
export interface TakenClient extends ClaimedClient {
  /** The process that had it. */
  readonly from: string;
}

/** How often a write is tried while others write the same record. */
const maxAttempts = 10;

/** See the head of this file. */
export class JetStreamRecords {
  readonly #api: JetStreamApi;
  /** The numbers of the records that this process has written, by subject. The latest may be another one. */
  readonly #written = new Map<string, number>();
  /** Reads and writes of each client, one after another, by subject. */
  readonly #turns = new KeyedQueue();

  /** @param api - the streams */
  constructor(api: JetStreamApi) {
    this.#api = api;
  }

  /** Writes the record of a client; `false` where the process does not own it any more. */
  save(names: JetStreamNames, epoch: string, record: ClientRecord): Promise<boolean> {
    const subject = names.record(record.key);
    const { generation, node, json, stays } = record;
    const bytes = encodeRecord({ generation, node, epoch, text: `${JSON.stringify(stays())}\n${json}` });
    return this.#turns.run(subject, async () => {
      let latest = this.#written.get(subject) ?? 0;
      for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
        // A new record may be there all the same, when its answer was lost with a connection.
        const isWritten = latest > 0 || record.isNew;
        if (isWritten && (await this.#replace(subject, bytes, latest))) return true;
        const found = await this.#find(names, subject);
        const isOwn = found?.generation === record.generation && found.node === record.node;
        if (found === null ? !record.isNew : !isOwn) {
          this.#written.delete(subject);
          return false;
        }
        latest = found?.number ?? 0;
      }
      throw new BrokerError(`The record on ${subject} changes all the time.`);
    });
  }

  /** Reads the record of a client; `null` where there is none. */
  async find(names: JetStreamNames, epoch: string, key: string): Promise<KeptRecord | null> {
    const found = await this.#find(names, names.record(key));
    return found === null || found.epoch !== epoch ? null : contentOf(found);
  }

  /** Claims a client for a process; `null` where it has no record. */
  claim(names: JetStreamNames, epoch: string, key: string, node: string): Promise<TakenClient | null> {
    const subject = names.record(key);
    return this.#turns.run(subject, async () => {
      for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
        const found = await this.#find(names, subject);
        if (found === null) return null;
        if (found.epoch !== epoch) {
          await this.#api.remove(names.clients, found.number);
          return null;
        }
        const generation = found.generation + 1;
        const bytes = encodeRecord({ ...found, generation, node });
        if (await this.#replace(subject, bytes, found.number)) {
          return { ...contentOf(found), generation, from: found.node };
        }
      }
      throw new BrokerError(`The record on ${subject} changes all the time.`);
    });
  }

  /** Removes the record of a client, if it still has this generation. */
  drop(names: JetStreamNames, key: string, generation: number): Promise<void> {
    const subject = names.record(key);
    return this.#turns.run(subject, async () => {
      let number = this.#written.get(subject);
      this.#written.delete(subject);
      if (number === undefined) {
        const found = await this.#find(names, subject);
        if (found?.generation === generation) number = found.number;
      }
      // A later record has replaced this one, and stays.
      if (number !== undefined) await this.#api.remove(names.clients, number);
    });
  }

  /** Another process has taken a client. */
  forget(names: JetStreamNames, key: string): void {
    this.#written.delete(names.record(key));
  }

  async #replace(subject: string, bytes: Uint8Array, latest: number): Promise<boolean> {
    const stored = await this.#api.replace(subject, bytes, latest);
    if (!("number" in stored)) return false;
    this.#written.set(subject, stored.number);
    return true;
  }

  async #find({ clients }: JetStreamNames, subject: string): Promise<StoredRecord | null> {
    const message = await this.#api.latest(clients, subject);
    return message === null ? null : decodeRecord(message.number, message.data);
  }
}

function contentOf({ text }: StoredRecord): KeptRecord {
  const [stays = "[]", json = ""] = text.split("\n");
  return { json, stays: JSON.parse(stays) as KeptRecord["stays"] };
}

function encodeRecord({ generation, node, epoch, text }: Omit<StoredRecord, "number">): Uint8Array {
  return Buffer.from(`${generation} ${node} ${epoch} ${text}`);
}

function decodeRecord(number: number, data: Uint8Array): StoredRecord | null {
  const [, generation, node, epoch, text] =
    /^(\d+) (\S+) (\S+) (.*)$/s.exec(Buffer.from(data).toString()) ?? [];
  if (node === undefined || epoch === undefined || text === undefined) return null;
  return { number, generation: Number(generation), node, epoch, text };
}
