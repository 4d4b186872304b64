/** Turns readings of the kinds of events, which only grow, into rates. */

import type { EventState } from "../../api.ts";
import { durationsBetween, quantile } from "./quantile.ts";

/** One kind of event with its rates. */
export interface EventRow {
  readonly state: EventState;
  /** Of a second. */
  readonly rate: number | null;
  readonly errorRate: number | null;
  /** In seconds: of what came since the reading before, or of all. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** See the head of this file. */
export class EventHistory {
  #before: { readonly at: number; readonly states: ReadonlyMap<string, EventState> } | null = null;

  /**
   * Takes a reading.
   *
   * @param at - when it was taken, in ms on a clock that never jumps
   */
  add(events: readonly EventState[], at: number): EventRow[] {
    const rows = events.map((state) => this.#rowOf(state, at));
    this.#before = { at, states: new Map(events.map((state) => [keyOf(state), state])) };
    return rows;
  }

  #rowOf(state: EventState, at: number): EventRow {
    const before = this.#before?.states.get(keyOf(state));
    const span = this.#before === null ? 0 : (at - this.#before.at) / 1000;
    const lately = durationsBetween(before?.handlers, state.handlers);
    // Where nothing came lately, what came before is worth more than nothing.
    const times = lately.count > 0 ? lately : state.handlers;
    const growth = (now: number, earlier: number | undefined) =>
      span === 0 || earlier === undefined ? null : Math.max(0, now - earlier) / span;
    return {
      state,
      rate: growth(state.handled, before?.handled),
      errorRate: growth(state.errors, before?.errors),
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
    };
  }
}

function keyOf({ namespace, event }: EventState): string {
  return `${namespace},${event}`;
}
