/** Counts and measures the namespaces that one declaration of the program stands for. */

import type { Clock } from "../../base/time/clock.ts";
import type { DisconnectReason } from "../../core/model/disconnect-reason.ts";
import type {
  EventRefusalReason,
  NamespaceMeter,
  ReturnOutcome,
} from "../../core/namespace/namespace-meter.ts";
import type { AcknowledgementListener } from "../../core/socket/acknowledgements.ts";
import { definitionOf, type MetricName } from "../../observe/metrics/catalogue.ts";
import { Histogram } from "../../observe/metrics/histogram.ts";
import type { Samples } from "../../observe/metrics/samples.ts";

/** The label for all events whose names the program has not declared. */
export const otherEvents = "_OTHER";

const histogramOf = (name: MetricName) => new Histogram(definitionOf(name).bounds);

/**
 * So many names have labels before none is added that only listeners of single clients make the program's
 * own: programs make names for one answer, too.
 */
const mostListened = 200;

/** The counts of one event. */
class EventMetrics {
  received = 0;
  sent = 0;
  errors = 0;
  /** `null` until one was refused. */
  refused: Map<EventRefusalReason, number> | null = null;
  /** `null` until a handler has run. */
  times: Histogram | null = null;
}

/** The metrics of one declaration. */
export class NamespaceMetrics implements NamespaceMeter {
  readonly #namespace: string;
  readonly #isDeclared: (event: string) => boolean;
  readonly #clock: Clock;
  readonly #events = new Map<string, EventMetrics>();
  readonly #other = new EventMetrics();
  #latest = "";
  #latestMetrics = this.#other;
  readonly #broadcasts = histogramOf("roomcast_broadcast_clients");
  readonly #answers = histogramOf("roomcast_acknowledgement_duration_seconds");
  readonly #disconnected = new Map<DisconnectReason, number>();
  readonly #returns = new Map<ReturnOutcome, number>();
  #requested = 0;
  #connected = 0;
  #refused = 0;
  #lost = 0;

  /**
   * @param namespace - the name or pattern with which the program declared it
   * @param isDeclared - whether an event's name is the program's own: clients and their data must not make
   *   labels
   * @param clock - where time comes from
   */
  constructor(namespace: string, isDeclared: (event: string) => boolean, clock: Clock) {
    this.#namespace = namespace;
    this.#isDeclared = isDeclared;
    this.#clock = clock;
  }

  onEvent(event: string): void {
    this.#of(event).received += 1;
  }

  declare(event: string): void {
    if (this.#events.has(event) || this.#events.size >= mostListened) return;
    const metrics = new EventMetrics();
    this.#events.set(event, metrics);
    if (event !== this.#latest) return;
    // It was counted a moment ago, when this was not known.
    this.#latestMetrics = metrics;
    if (this.#other.received > 0) {
      this.#other.received -= 1;
      metrics.received += 1;
    }
  }

  onHandled(event: string, milliseconds: number, hasFailed: boolean): void {
    const metrics = this.#of(event);
    metrics.times ??= histogramOf("roomcast_handler_duration_seconds");
    metrics.times.observe(milliseconds / 1000);
    if (hasFailed) metrics.errors += 1;
  }

  onEventRefused(event: string, reason: EventRefusalReason): void {
    const metrics = this.#of(event);
    metrics.refused ??= new Map();
    metrics.refused.set(reason, (metrics.refused.get(reason) ?? 0) + 1);
  }

  onSent(event: string): void {
    this.#of(event).sent += 1;
  }

  onBroadcast(clients: number): void {
    this.#broadcasts.observe(clients);
  }

  onConnect(): void {
    this.#connected += 1;
  }

  onRefused(): void {
    this.#refused += 1;
  }

  onDisconnect(reason: DisconnectReason): void {
    this.#disconnected.set(reason, (this.#disconnected.get(reason) ?? 0) + 1);
  }

  onReturn(outcome: ReturnOutcome): void {
    this.#returns.set(outcome, (this.#returns.get(outcome) ?? 0) + 1);
  }

  onLost(): void {
    this.#lost += 1;
  }

  timed(listener: AcknowledgementListener): AcknowledgementListener {
    this.#requested += 1;
    const start = this.#clock.now();
    return {
      onAnswer: (values) => {
        this.#answers.observe((this.#clock.now() - start) / 1000);
        listener.onAnswer(values);
      },
      onGone: () => listener.onGone(),
    };
  }

  /** Adds what was counted. */
  collect(samples: Samples): void {
    const namespace = this.#namespace;
    samples.add("roomcast_sockets_connected_total", this.#connected, { namespace });
    samples.add("roomcast_sockets_refused_total", this.#refused, { namespace });
    for (const [reason, count] of this.#disconnected) {
      samples.add("roomcast_sockets_disconnected_total", count, { namespace, reason });
    }
    this.#collectEvents(samples, otherEvents, this.#other);
    for (const [event, metrics] of this.#events) this.#collectEvents(samples, event, metrics);
    samples.addHistogram("roomcast_broadcast_clients", this.#broadcasts, { namespace });
    samples.add("roomcast_acknowledgements_requested_total", this.#requested, { namespace });
    samples.addHistogram("roomcast_acknowledgement_duration_seconds", this.#answers, { namespace });
    for (const [outcome, count] of this.#returns) {
      samples.add("roomcast_recovery_returns_total", count, { namespace, outcome });
    }
    samples.add("roomcast_recovery_expired_total", this.#lost, { namespace });
  }

  #collectEvents(samples: Samples, event: string, metrics: EventMetrics): void {
    const { received, sent, errors, times, refused } = metrics;
    const labels = { namespace: this.#namespace, event };
    for (const [reason, count] of refused ?? []) {
      samples.add("roomcast_events_refused_total", count, { ...labels, reason });
    }
    if (received > 0) samples.add("roomcast_events_received_total", received, labels);
    if (sent > 0) samples.add("roomcast_events_sent_total", sent, labels);
    if (times === null) return;
    samples.addHistogram("roomcast_handler_duration_seconds", times, labels);
    samples.add("roomcast_handler_errors_total", errors, labels);
  }

  #of(event: string): EventMetrics {
    // One event is received, handled, and often followed by another of its name.
    if (event !== this.#latest) {
      this.#latestMetrics = this.#events.get(event) ?? this.#find(event);
      this.#latest = event;
    }
    return this.#latestMetrics;
  }

  #find(event: string): EventMetrics {
    if (!this.#isDeclared(event)) return this.#other;
    const metrics = new EventMetrics();
    this.#events.set(event, metrics);
    return metrics;
  }
}
