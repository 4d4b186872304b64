/** One conversation with a server: carries out the commands of the prompt, and prints what happens. */

import { printable, quoted } from "../../base/printable.ts";
import { describeClose, describeFailure } from "../../client/connect-failure.ts";
import type {
  CallOutcome,
  IncomingEvent,
  JoinOutcome,
  SocketIOClient,
} from "../../client/socketio-client.ts";
import { CommandFailure, exitCodes, usageFailure } from "../exit-code.ts";
import { showDuration } from "../input/duration.ts";
import { jsonValue, showSize, showTime, showValues } from "../output/event-text.ts";
import { answerFailure, callFailure, joinFailure } from "../session/outcome.ts";
import type { ToolSession, ToolSessionListener } from "../session/tool-session.ts";
import type { Colors } from "../terminal.ts";
import { type PromptCommand, promptHelp } from "./prompt-command.ts";
import type { RecordFile } from "./record-file.ts";

/** What a conversation has. */
export interface ConversationParts {
  readonly colors: Colors;
  readonly isJson: boolean;
  readonly record: RecordFile | null;
  readonly print: (line: string) => void;
  /** The namespace of the command line. */
  readonly namespace: string;
  /** In ms, for an answer and for an event that is waited for. */
  readonly timeout: number;
}

/** The most events whose answer may still be given. */
const mostQuestions = 100;

/** The most names that completion knows. */
const mostEvents = 1000;

/** A conversation. */
export class Conversation {
  readonly #parts: ConversationParts;
  readonly #questions = new Map<number, NonNullable<IncomingEvent["answer"]>>();
  /** How often each event came since it was waited for. */
  readonly #arrived = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly events = new Set<string>();
  #session: ToolSession | null = null;
  #current: string;
  #asked = 0;
  #isOver = false;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.#current = parts.namespace;
  }

  /** Ends all waits; nothing more is printed. */
  end(): void {
    this.#isOver = true;
    for (const wake of [...this.#waiting]) wake();
  }

  /** The namespace that events go to. */
  get current(): string {
    return this.#current;
  }

  /** The namespaces that the client is in. */
  get namespaces(): readonly string[] {
    return [...(this.#session?.client?.namespaces.keys() ?? [])];
  }

  /** Begins to use a session. */
  use(session: ToolSession): void {
    this.#session = session;
  }

  /** What a session is to tell. */
  readonly listener: ToolSessionListener = {
    event: (event) => this.#onEvent(event),
    left: (namespace) =>
      this.#tell(
        { type: "left", namespace },
        "!",
        `The server ended the client's stay in ${quoted(namespace)}.`,
      ),
    connected: (client, took) => this.#onConnected(client, took),
    lost: (reason, isFinal) => {
      if (isFinal) return;
      const text = describeClose(reason);
      this.#tell({ type: "lost", text, reason: reason.type }, "!", `${text} Connecting again.`);
    },
    failed: (failure, delay) => {
      const text = describeFailure(failure);
      this.#tell(
        { type: "failed", text, delay },
        "!",
        `${text} The next attempt is in ${showDuration(delay)}.`,
      );
    },
    refused: (namespace, outcome) => {
      if (outcome.type === "joined") return;
      const { message } = joinFailure(outcome, namespace);
      this.#tell({ type: "refused", namespace, text: message }, "!", message);
    },
    upgraded: () => this.#tell({ type: "upgraded" }, "·", "The connection is on WebSocket now."),
    upgradeFailed: (failure) => {
      const text = describeFailure(failure);
      this.#tell({ type: "upgrade failed", text }, "!", `The connection stays on long polling: ${text}`);
    },
  };

  /** Says in which namespaces the client is; called when it is in the first one. */
  tellJoined(namespace: string, sid: string): void {
    this.#tell({ type: "joined", namespace, sid }, "·", `In the namespace ${namespace} as ${printable(sid)}`);
  }

  /**
   * Carries out a command.
   *
   * @throws CommandFailure when it fails
   */
  async run(command: PromptCommand): Promise<void> {
    switch (command.type) {
      case "emit": {
        const size = this.#client().emit(this.#current, command.event, command.values);
        this.#onSent("sent", command.event, command.values, size);
        return;
      }
      case "call":
        return this.#call(command.event, command.values);
      case "answer":
        return this.#answer(command.number, command.values);
      case "namespace":
        return this.#join(command.name, command.auth);
      case "leave":
        return this.#leave(command.name ?? this.#current);
      case "auth":
        this.#session?.leave(this.#current);
        return this.#join(this.#current, command.auth);
      case "wait":
        return this.#wait(command.duration);
      case "wait for":
        return this.#waitFor(command.event);
      case "status":
        return this.#status();
      case "reconnect":
        await this.#session?.reconnect();
        return;
      case "help":
        for (const line of promptHelp()) this.#parts.print(line);
        return;
      case "nothing":
      case "exit":
        return;
      default:
        command satisfies never;
    }
  }

  #client(): SocketIOClient {
    const client = this.#session?.client;
    if (client?.namespaces.has(this.#current)) return client;
    throw new CommandFailure(
      exitCodes.refused,
      client
        ? `Not in the namespace ${quoted(this.#current)}: \`namespace ${this.#current}\` joins it.`
        : "Not connected now: nothing was sent.",
    );
  }

  async #call(event: string, values: readonly unknown[]): Promise<void> {
    this.#client();
    const calling = this.#session?.call(this.#current, [event, ...values]);
    this.#onSent("called", event, values, undefined);
    const outcome: CallOutcome | undefined = await calling;
    if (outcome === undefined) return;
    if (outcome.type !== "answered") throw callFailure(outcome, event);
    const { dim } = this.#parts.colors;
    const ms = Number(outcome.took.toFixed(3));
    this.#tell(
      { type: "answer", event, values: outcome.values.map(jsonValue), ms, bytes: outcome.size },
      "←",
      `${dim("answer to")} ${this.#shown(event, outcome.values)} ${dim(`${showDuration(outcome.took)}, ${showSize(outcome.size)}`)}`,
    );
    const failure = answerFailure(outcome.values, event);
    if (failure !== null) throw failure;
  }

  #answer(number: number, values: readonly unknown[]): void {
    const answer = this.#questions.get(number);
    if (answer === undefined) throw usageFailure(`No event waits for an answer with the number ${number}.`);
    this.#questions.delete(number);
    answer(values);
    this.#tell(
      { type: "answered", number, values: values.map(jsonValue) },
      "→",
      `${this.#parts.colors.dim(`answer ${number}`)} ${showValues(values)}`,
    );
  }

  async #join(name: string, auth: Record<string, unknown> | undefined): Promise<void> {
    const isIn = this.#session?.client?.namespaces.has(name) === true;
    const outcome: JoinOutcome | undefined = isIn ? undefined : await this.#session?.join(name, auth);
    if (outcome !== undefined && outcome.type !== "joined") throw joinFailure(outcome, name);
    this.#current = name;
    if (outcome !== undefined) this.tellJoined(name, outcome.sid);
  }

  #leave(name: string): void {
    this.#session?.leave(name);
    this.#tell({ type: "left", namespace: name }, "·", `Left the namespace ${name}.`);
    if (name === this.#current) this.#current = this.namespaces[0] ?? this.#parts.namespace;
  }

  async #wait(duration: number): Promise<void> {
    const end = performance.now() + duration;
    for (let left = duration; left > 0 && !this.#isOver; left = end - performance.now())
      await this.#nextEvent(left);
  }

  async #waitFor(event: string): Promise<void> {
    const { timeout } = this.#parts;
    const end = performance.now() + timeout;
    while ((this.#arrived.get(event) ?? 0) === 0 && !this.#isOver) {
      const left = end - performance.now();
      if (left <= 0)
        throw new CommandFailure(
          exitCodes.timedOut,
          `The event ${quoted(event)} did not come within ${showDuration(timeout)}.`,
        );
      await this.#nextEvent(left);
    }
    this.#arrived.set(event, (this.#arrived.get(event) ?? 0) - 1);
  }

  #nextEvent(longest: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, longest);
      this.#waiting.add(wake);
    });
  }

  #status(): void {
    const client = this.#session?.client;
    if (!client) {
      this.#tell({ type: "status", connected: false }, "·", "Not connected now.");
      return;
    }
    const { transport, revision, handshake, extensions } = client.engine;
    const namespaces = Object.fromEntries(client.namespaces);
    const compressed = extensions === "" ? "" : `, ${extensions}`;
    this.#tell(
      { type: "status", connected: true, transport, revision, handshake, extensions, namespaces },
      "·",
      `${transport}${compressed}, Engine.IO ${revision}, ping every ${showDuration(handshake?.pingInterval ?? 0)}; in ${Object.keys(namespaces).join(", ") || "no namespace"}`,
    );
  }

  #onConnected(client: SocketIOClient, took: number): void {
    const { transport, revision, handshake } = client.engine;
    this.#tell(
      { type: "connected", transport, revision, handshake, ms: Number(took.toFixed(3)) },
      "·",
      `Connected over ${transport} in ${showDuration(took)} (Engine.IO ${revision})`,
    );
  }

  #onEvent({ namespace, event, values, size, answer }: IncomingEvent): void {
    if (this.events.size < mostEvents) this.events.add(event);
    let number: number | undefined;
    if (answer !== null) {
      number = ++this.#asked;
      this.#questions.set(number, answer);
      this.#questions.delete(number - mostQuestions);
    }
    const { dim, yellow } = this.#parts.colors;
    const place = namespace === this.#current ? "" : `${dim(namespace)} `;
    const wants = number === undefined ? "" : ` ${yellow(`wants an answer: answer ${number}`)}`;
    this.#tell(
      {
        ...{ type: "event", namespace, event, values: values.map(jsonValue), bytes: size },
        ...(number === undefined ? {} : { answer: number }),
      },
      "←",
      `${place}${this.#shown(event, values)} ${dim(showSize(size))}${wants}`,
    );
    this.#arrived.set(event, (this.#arrived.get(event) ?? 0) + 1);
    for (const wake of [...this.#waiting]) wake();
  }

  #onSent(
    type: "sent" | "called",
    event: string,
    values: readonly unknown[],
    size: number | undefined,
  ): void {
    if (this.events.size < mostEvents) this.events.add(event);
    const namespace = this.#current;
    const shown = size === undefined ? "" : ` ${this.#parts.colors.dim(showSize(size))}`;
    this.#tell(
      {
        type,
        namespace,
        event,
        values: values.map(jsonValue),
        ...(size === undefined ? {} : { bytes: size }),
      },
      "→",
      this.#shown(event, values) + shown,
    );
  }

  #shown(event: string, values: readonly unknown[]): string {
    const name = this.#parts.colors.cyan(printable(event));
    return values.length === 0 ? name : `${name} ${showValues(values)}`;
  }

  /** Prints one thing that happened, and writes it down. */
  #tell(entry: Readonly<Record<string, unknown>>, sign: "←" | "→" | "·" | "!", text: string): void {
    if (this.#isOver) return;
    const { print, record, isJson, colors } = this.#parts;
    record?.add(entry);
    if (isJson) {
      print(JSON.stringify({ time: new Date().toISOString(), ...entry }));
      return;
    }
    const paint = { "←": colors.green, "→": colors.blue, "·": colors.dim, "!": colors.yellow }[sign];
    print(`${colors.dim(showTime(new Date()))} ${paint(sign)} ${sign === "!" ? colors.yellow(text) : text}`);
  }
}
