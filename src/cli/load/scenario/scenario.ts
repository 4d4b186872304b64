/** What a module says of the clients of a load test: the types, and the function that gives them to it. */

/** Events by name, as functions: parameters are the values, the result is the answer. */
// biome-ignore lint/suspicious/noExplicitAny: only `any` lets every function type be an event
export type ScenarioEvents = { [event: string]: (...values: any[]) => any };

/** A client before it connects. */
export interface ScenarioSeat {
  /** From 0. `{{client}}` on the command line is one more. */
  readonly index: number;
  /** How many clients there are. */
  readonly clients: number;
  /** A number from 0 up to, and without, 1: the same for each run with the same `--seed`. */
  random(): number;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** One of a list. */
  pick<Item>(list: readonly Item[]): Item;
}

/** How one client connects. Members that are left out are as the command line says. */
export interface ScenarioConnection {
  /** What the server's `connect` handler gets. */
  readonly auth?: Readonly<Record<string, unknown>>;
  readonly namespace?: string;
  /** Fields of each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes with each request. */
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * One client, in its namespace. Its functions need no `this`: `({ emit, wait }) => …` may take them apart.
 *
 * When the time of the test is over, everything that a scenario waits for rejects, and so its function ends.
 * It needs no condition: `for (;;) { emit("say", "hi"); await wait("1s"); }`.
 */
export interface ScenarioClient<
  Sent extends object = ScenarioEvents,
  Received extends object = ScenarioEvents,
> extends ScenarioSeat {
  /** Its id in the namespace. */
  readonly id: string;
  /** Is aborted when the time is over, or the connection has ended. */
  readonly signal: AbortSignal;
  /** Sends an event. Binary values are sent as such. */
  emit<Event extends keyof Sent & string>(event: Event, ...values: ValuesOf<Sent, Event>): void;
  /**
   * Sends an event, waits for its answer, and measures how long that takes, for each event by its name.
   *
   * @returns the answer: a single value as it is, several as a list
   * @throws Error when there is no answer within `--timeout`, or the answer is one of Roomcast's errors
   */
  call<Event extends keyof Sent & string>(
    event: Event,
    ...values: ValuesOf<Sent, Event>
  ): Promise<AnswerOf<Sent, Event>>;
  /**
   * Handles an event, `"*"` every one, whose name then is the first value. If the server wants an answer, it
   * gets what the handler returns.
   *
   * @returns a function that removes the handler
   */
  on<Event extends (keyof Received & string) | "*">(
    event: Event,
    handler: (...values: HeardValues<Received, Event>) => unknown,
  ): () => void;
  /**
   * Waits for an event.
   *
   * @param timeout - in ms, or as `"2s"`. Default: `--timeout`
   * @returns its values
   * @throws Error when it does not come in time
   */
  next<Event extends keyof Received & string>(
    event: Event,
    timeout?: number | string,
  ): Promise<ValuesOf<Received, Event>>;
  /** Waits for a time in ms, or as `"2s"`. */
  wait(duration: number | string): Promise<void>;
  /**
   * A text for one event. Where a client gets a message with it, the time since this call counts as lag, and
   * doubles and order are counted.
   */
  mark(): string;
  /** Adds to a count of your own, which the results show under its name. */
  count(name: string, by?: number): void;
  /** Adds a duration in ms to times of your own, which the results show under their name. */
  time(name: string, milliseconds: number): void;
  /** Leaves. The client does not come back. */
  disconnect(): void;
}

type ValuesOf<Events, Event extends keyof Events> = Events[Event] extends (...values: infer Values) => unknown
  ? Values
  : never;

type HeardValues<Events, Event> = Event extends keyof Events
  ? ValuesOf<Events, Event>
  : [event: string, ...values: unknown[]];

type AnswerOf<Events, Event extends keyof Events> = Events[Event] extends (...values: never[]) => infer Answer
  ? Awaited<Answer>
  : never;

/** What a scenario's module has as its default export, beside a bare function. */
export interface LoadScenario<
  Sent extends object = ScenarioEvents,
  Received extends object = ScenarioEvents,
> {
  /** How many clients. Here and below, an option of the command line comes first. */
  readonly clients?: number;
  /** Brings them in over this time, in ms or as `"30s"`. */
  readonly ramp?: number | string;
  /** How long the test lasts once all are in, in ms or as `"1m"`. */
  readonly duration?: number | string;
  /** Conditions under which the test fails, as for `--fail-if`. */
  readonly failIf?: string | readonly string[];
  /** Says how a client connects. Is called before each connection. */
  connect?(seat: ScenarioSeat): ScenarioConnection | Promise<ScenarioConnection>;
  /** Is called once for each client, when it is in its namespace. The client stays when it returns. */
  run?(client: ScenarioClient<Sent, Received>): void | Promise<void>;
}

/**
 * Gives a scenario its types: `export default defineScenario({ … })`. It returns what it gets.
 *
 * @param scenario - options and functions, or the function for each client alone
 */
export function defineScenario<
  Sent extends object = ScenarioEvents,
  Received extends object = ScenarioEvents,
>(
  scenario: LoadScenario<Sent, Received> | NonNullable<LoadScenario<Sent, Received>["run"]>,
): LoadScenario<Sent, Received> {
  return typeof scenario === "function" ? { run: scenario } : scenario;
}
