/**
 * What this server asks those of `@socket.io/redis-adapter` about clients: for acknowledgements, and for
 * lists. It counts the servers, so that the last answer ends a question.
 */

import type { AckListener } from "../../core/model/ack-listener.ts";
import type { FoundSockets, SocketInfo } from "../../core/model/socket-info.ts";
import type { Target } from "../../core/model/target.ts";
import type { AckRequest } from "../../core/ports.ts";
import { infoOf, optionsOf, packetOf, requestTypes } from "./redis-adapter-message.ts";
import type { QuestionChannels, RedisAdapterQuestions } from "./redis-adapter-questions.ts";

/** What the inquiries need of their adapter. */
export interface InquiryParts {
  readonly questions: RedisAdapterQuestions;
  /** How long another server may take to answer, in ms. */
  readonly answerTimeout: number;
  /** The channels of a namespace. */
  channelsOf(namespace: string): QuestionChannels;
  /**
   * Counts the other servers. Resolves to `null` where that is not known; `null` at once where it never is.
   */
  countOthers(namespace: string): Promise<number | null> | null;
}

/** See the head of this file. */
export class RedisAdapterInquiries {
  readonly #parts: InquiryParts;

  constructor(parts: InquiryParts) {
    this.#parts = parts;
  }

  /** Sends an event to clients of the other servers, for acknowledgements. */
  ask({ target, event, values }: AckRequest, timeout: number | null, listener: AckListener): () => void {
    const { namespace, sid } = target;
    const { questions } = this.#parts;
    let others: number | null = null;
    let [servers, clients, answers] = [0, 0, 0];
    let question: string | null = null;
    const endIfComplete = () => {
      if (question !== null && servers === others && answers >= clients) questions.end(question);
    };
    const request = {
      type: requestTypes.broadcast,
      packet: packetOf(namespace, event, values),
      // Their servers forget the question after this time.
      opts: { ...optionsOf(target), flags: { timeout: timeout ?? 60_000 } },
    };
    const stop = questions.ask(this.#parts.channelsOf(namespace), request, timeout, {
      onResponse: ({ type, requestId, packet, clientCount = 0 }) => {
        question = requestId;
        if (type === requestTypes.clientCount) {
          servers += 1;
          clients += clientCount;
        } else if (type === requestTypes.acknowledgement) {
          answers += 1;
          listener.onAnswer(sid ?? "", [packet]);
          if (sid !== null) questions.end(requestId);
        }
        endIfComplete();
      },
      onEnd: () => listener.onEnd([]),
      onExpire: () => {
        if (sid !== null) listener.onFailure(sid, "timeout");
      },
    });
    void this.#parts.countOthers(namespace)?.then((count) => {
      others = count;
      endIfComplete();
    });
    return stop;
  }

  /** The clients of the other servers. */
  sockets(target: Target): Promise<FoundSockets> {
    const counting = this.#parts.countOthers(target.namespace);
    return counting === null ? this.#collect(target, null) : counting.then((n) => this.#collect(target, n));
  }

  /** @param others - how many servers answer; `null` where that is not known, and each may take its time */
  #collect(target: Target, others: number | null): Promise<FoundSockets> {
    const found: SocketInfo[] = [];
    if (others === 0) return Promise.resolve({ sockets: found, missing: [] });
    const { questions, answerTimeout } = this.#parts;
    let answers = 0;
    return new Promise((resolve) => {
      const request = { type: requestTypes.fetch, opts: optionsOf(target) };
      const { namespace, sid } = target;
      questions.ask(this.#parts.channelsOf(namespace), request, answerTimeout, {
        onResponse: ({ requestId, sockets = [] }) => {
          for (const socket of sockets) found.push(infoOf(namespace, socket));
          answers += 1;
          // Where one client is meant, one answer is enough.
          if (answers === others || (sid !== null && found.length > 0)) questions.end(requestId);
        },
        onEnd: () => resolve({ sockets: found, missing: [] }),
        onExpire() {},
      });
    });
  }
}
