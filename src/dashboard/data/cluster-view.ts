/** What pages see: the answers of this process and all others, put together. */

import type {
  ClientDetails,
  ClientName,
  ClientPart,
  ClientQuery,
  ClientsAnswer,
  EventState,
  EventsAnswer,
  FoundClient,
  OverviewAnswer,
  ProcessState,
  Question,
  RoomPart,
  RoomQuery,
  RoomRow,
  RoomsAnswer,
  TailPart,
} from "../api.ts";
import type { DashboardHost, ProcessReply } from "../host.ts";
import { placeOrder } from "./client-list.ts";
import { addDurations } from "./durations.ts";
import type { ProcessView } from "./process-view.ts";
import { roomOrder } from "./room-list.ts";

/** How long other processes may take to answer, in ms. */
const answerTime = 2000;
/** How long one answer about all processes serves every page, in ms. */
const freshness = 1000;
/** The most kinds of events that a page gets. */
const maxEvents = 500;

/** The answers of all processes to one question. */
interface Gathered<Answer> {
  readonly answers: readonly Answer[];
  /** The names of processes that gave none. */
  readonly missing: readonly string[];
}

/** See the head of this file. */
export class ClusterView {
  readonly #host: DashboardHost;
  readonly #own: ProcessView;
  #overview: { readonly at: number; readonly answer: Promise<OverviewAnswer> } | null = null;

  /**
   * @param host - this process's server, which reaches the others
   * @param own - answers for this process
   */
  constructor(host: DashboardHost, own: ProcessView) {
    this.#host = host;
    this.#own = own;
  }

  /** The state of all processes. */
  overview(): Promise<OverviewAnswer> {
    const now = this.#host.clock.now();
    if (this.#overview === null || now - this.#overview.at >= freshness)
      this.#overview = { at: now, answer: this.#askState() };
    return this.#overview.answer;
  }

  /** A page of clients. */
  async clients(query: ClientQuery): Promise<ClientsAnswer> {
    // With one row more than the page shows, it is known whether another page follows.
    const { limit } = query;
    const { answers, missing } = await this.#gather<ClientPart>({ ...query, limit: limit + 1 });
    const compare = placeOrder(query.descending);
    const rows = answers.flatMap((part) => part.rows).sort((a, b) => compare(a.place, b.place));
    const total = answers.reduce((sum, part) => sum + part.total, 0);
    const shown = rows.slice(0, limit);
    return {
      rows: shown.map(({ place: _place, ...row }) => row),
      total,
      next: rows.length <= limit ? null : (shown.at(-1)?.place ?? null),
      missing,
    };
  }

  /** A page of rooms. Members of a room may be in several processes. */
  async rooms(query: RoomQuery): Promise<RoomsAnswer> {
    const { answers, missing } = await this.#gather<RoomPart>(query);
    const { offset, limit } = query;
    const total = answers.reduce((sum, part) => sum + part.total, 0);
    const [only, ...others] = answers;
    if (only !== undefined && others.length === 0)
      return { rows: only.rows.slice(offset, offset + limit), total, isBound: false, missing };
    const names = new Map<string, readonly [string, string]>();
    for (const { namespace, room } of answers.flatMap((part) => part.rows))
      names.set(`${namespace},${room}`, [namespace, room]);
    const rooms = [...names.values()];
    const sizes = await this.#gather<readonly number[]>({ type: "room sizes", rooms });
    const rows: RoomRow[] = rooms.map(([namespace, room], index) => ({
      namespace,
      room,
      members: sizes.answers.reduce((sum, counts) => sum + (counts[index] ?? 0), 0),
    }));
    rows.sort(roomOrder(query.order, query.descending));
    return { rows: rows.slice(offset, offset + limit), total, isBound: true, missing };
  }

  /** All kinds of events. */
  async events(): Promise<EventsAnswer> {
    const { answers, missing } = await this.#gather<readonly EventState[]>({ type: "events" });
    const sums = new Map<string, EventState>();
    for (const state of answers.flat()) {
      const key = `${state.namespace},${state.event}`;
      const known = sums.get(key);
      sums.set(key, known === undefined ? state : addEvents(known, state));
    }
    const events = [...sums.values()].toSorted((a, b) => b.handled - a.handled).slice(0, maxEvents);
    return { events, missing };
  }

  /** One client, whichever process has it. */
  async client(name: ClientName): Promise<FoundClient> {
    return this.#find<ClientDetails>({ type: "client", ...name }).then(({ found, missing }) => ({
      client: found,
      missing,
    }));
  }

  /** What happened to a client; `null` where no process has it. */
  async tail(name: ClientName, after: number, wait: number): Promise<TailPart | null> {
    return (await this.#find<TailPart>({ type: "tail", ...name, after, wait }, wait)).found;
  }

  async #askState(): Promise<OverviewAnswer> {
    const { answers, missing } = await this.#gather<ProcessState>({ type: "state" });
    return { processes: answers, missing };
  }

  /** Asks this process, then the others where it has no answer. */
  async #find<Answer>(
    question: Exclude<Question, { type: "signed out" }>,
    wait = 0,
  ): Promise<{ found: Answer | null; missing: readonly string[] }> {
    const own = (await this.#own.answer(question)) as Answer | null;
    if (own !== null) return { found: own, missing: [] };
    const asked = await this.#host.ask(question, answerTime + wait, true);
    if (asked === null) return { found: null, missing: [] };
    const answers = valuesOf<Answer | null>(asked.replies);
    return { found: answers.find((answer) => answer !== null) ?? null, missing: asked.missing };
  }

  async #gather<Answer>(question: Exclude<Question, { type: "signed out" }>): Promise<Gathered<Answer>> {
    const asked = this.#host.ask(question, answerTime, false);
    const own = (await this.#own.answer(question)) as Answer;
    if (asked === null) return { answers: [own], missing: [] };
    const { replies, missing } = await asked;
    const silent = replies.filter((reply) => "problem" in reply).map(({ label }) => label);
    return { answers: [own, ...valuesOf<Answer>(replies)], missing: [...missing, ...silent] };
  }
}

function valuesOf<Answer>(replies: readonly ProcessReply[]): Answer[] {
  return replies.flatMap((reply) => ("value" in reply ? [reply.value as Answer] : []));
}

function addEvents(a: EventState, b: EventState): EventState {
  return {
    ...a,
    handled: a.handled + b.handled,
    errors: a.errors + b.errors,
    handlers: addDurations(a.handlers, b.handlers),
  };
}
