/** Lets only those events and clients through to handlers that fit a contract. */

import { quoted } from "../../base/printable.ts";
import type { EventDefinitions } from "../../contract/contract.ts";
import type { EventDefinition } from "../../contract/event-definition.ts";
import { isRefusal } from "../../contract/refusal.ts";
import { type Validated, type ValueIssue, validate, validateOne } from "../../contract/validation.ts";
import type { DisconnectReason } from "../../core/model/disconnect-reason.ts";
import type { EventRefusalReason, NamespaceMeter } from "../../core/namespace/namespace-meter.ts";
import {
  type Answer,
  type NamespaceHandlers,
  type Refusal,
  rejected,
} from "../../core/namespace/open-namespace.ts";
import type { Socket, SocketOwner } from "../../core/socket/socket.ts";
import { waitingWeight } from "../../core/socket/waiting-weight.ts";
import { invalidEvent, unknownEvent } from "./refused-event.ts";
import { type ContractScope, inTime, misfit, type ValidationSettings } from "./validation-settings.ts";

/** The handlers that a check reports its own failures to. */
export interface FailingHandlers {
  /** An event fails like one whose handler has thrown. */
  fail(
    socket: Socket,
    event: { readonly name: string; readonly args: readonly unknown[] },
    error: unknown,
    answer: Answer | null,
  ): void;
}

/** A client's event. */
interface ReceivedEvent {
  readonly socket: Socket;
  readonly event: string;
  readonly values: readonly unknown[];
  readonly answer: Answer | null;
}

/** The handlers of a namespace behind its contract. */
export class ContractHandlers implements NamespaceHandlers {
  readonly #handlers: NamespaceHandlers;
  readonly #own: FailingHandlers;
  readonly #scope: ContractScope;
  readonly #settings: ValidationSettings;
  /** `null` where the contract leaves events of clients open. */
  readonly #events: ReadonlyMap<string, EventDefinition> | null;
  #meter: NamespaceMeter | null = null;
  /** The clients with checks that have not ended: their next events wait, so that all keep their order. */
  readonly #waiting = new Map<Socket, Promise<void>>();
  /** What schemas made of clients' auth data: a client may have to enter twice with the same. */
  readonly #auths = new WeakMap<SocketOwner, unknown>();

  /**
   * @param handlers - the handlers behind the contract
   * @param own - the same, without other parts of the package
   * @param scope - the contract, and how it is checked
   */
  constructor(handlers: NamespaceHandlers, own: FailingHandlers, scope: ContractScope) {
    this.#handlers = handlers;
    this.#own = own;
    this.#scope = scope;
    this.#settings = scope.settings;
    this.#events = eventsOf(scope.contract.parts.client);
  }

  connect(socket: Socket, decide: (refusal?: Refusal) => void): void {
    const { auth } = this.#scope.contract.parts;
    if (
      auth === undefined ||
      (this.#auths.has(socket.client) && this.#auths.get(socket.client) === socket.auth)
    ) {
      this.#handlers.connect(socket, decide);
      return;
    }
    const enter = (checked: Validated) => {
      if (checked.issues !== undefined) {
        decide({ message: rejected.message, data: { code: "ERR_INVALID_AUTH", issues: checked.issues } });
        return;
      }
      [socket.auth] = checked.values;
      this.#auths.set(socket.client, socket.auth);
      this.#handlers.connect(socket, decide);
    };
    const fail = (error: unknown) => {
      this.#own.fail(socket, { name: "connect", args: [socket.auth] }, error, null);
      decide(rejected);
    };
    let checked: Validated | Promise<Validated>;
    try {
      checked = validateOne(auth, socket.auth, this.#settings.maxIssues);
    } catch (error) {
      fail(error);
      return;
    }
    if (!(checked instanceof Promise)) {
      enter(checked);
      return;
    }
    const weight = waitingWeight(socket.auth);
    // Beyond the limit the connection ends.
    if (!socket.client.holdWaiting(weight)) return;
    const enterLate = (late: Validated) => (socket.isClosed ? decide(rejected) : enter(late));
    const entered = inTime(checked, "auth", this.#settings).then(enterLate, fail);
    void this.#count(socket, weight, entered);
  }

  event(socket: Socket, event: string, values: readonly unknown[], answer: Answer | null): void {
    const received = { socket, event, values, answer };
    const before = this.#waiting.size === 0 ? undefined : this.#waiting.get(socket);
    if (before === undefined) {
      this.#take(received);
      return;
    }
    const weight = waitingWeight(values);
    if (!socket.client.holdWaiting(weight)) return;
    // What this step begins, later events wait for as well.
    this.#follow(
      socket,
      this.#count(
        socket,
        weight,
        before.then(() => this.#take(received)),
      ),
    );
  }

  disconnect(socket: Socket, reason: DisconnectReason): void {
    const before = this.#waiting.get(socket);
    if (before === undefined) this.#handlers.disconnect(socket, reason);
    else void before.then(() => this.disconnect(socket, reason));
  }

  accepted(socket: Socket): void {
    this.#handlers.accepted?.(socket);
  }

  leaving(socket: Socket, reason: DisconnectReason): void {
    this.#handlers.leaving?.(socket, reason);
  }

  measure(meter: NamespaceMeter): void {
    this.#meter = meter;
    this.#handlers.measure?.(meter);
  }

  /** Checks an event, and handles it. Returns a promise where that takes time, which never rejects. */
  #take(received: ReceivedEvent): undefined | Promise<void> {
    const { socket, event, values, answer } = received;
    if (this.#events === null) {
      this.#handlers.event(socket, event, values, answer);
      return undefined;
    }
    const definition = this.#events.get(event);
    if (definition === undefined) {
      this.#refuse(received, "unknown", []);
      return undefined;
    }
    let checked: Validated | Promise<Validated>;
    try {
      checked = validate(definition.values, values, this.#settings.maxIssues);
    } catch (error) {
      this.#fail(received, error);
      return undefined;
    }
    if (checked instanceof Promise) return this.#takeLater(received, definition, checked);
    this.#handle(received, definition, checked);
    return undefined;
  }

  #takeLater(received: ReceivedEvent, definition: EventDefinition, check: Promise<Validated>): Promise<void> {
    const { socket, event, values } = received;
    const weight = waitingWeight(values);
    const holds = socket.client.holdWaiting(weight);
    const ended = inTime(check, `the event ${quoted(event)}`, this.#settings).then(
      (late) => {
        if (holds) this.#handle(received, definition, late);
      },
      (error: unknown) => this.#fail(received, error),
    );
    const step = this.#count(socket, holds ? weight : 0, ended);
    if (!this.#waiting.has(socket)) this.#follow(socket, step);
    return step;
  }

  #handle(received: ReceivedEvent, definition: EventDefinition, checked: Validated): void {
    if (checked.issues !== undefined) {
      this.#refuse(received, "invalid", checked.issues);
      return;
    }
    const { socket, event, answer } = received;
    const checkedAnswer = answer === null ? null : this.#checkedAnswer(event, definition, answer);
    this.#handlers.event(socket, event, checked.values, checkedAnswer);
  }

  #refuse(
    { socket, event, answer }: ReceivedEvent,
    reason: EventRefusalReason,
    issues: readonly ValueIssue[],
  ) {
    const { trace } = this.#settings;
    const { sid, namespace } = socket;
    const error = reason === "unknown" ? unknownEvent : { ...invalidEvent, issues };
    this.#meter?.onEventRefused(event, reason);
    if (trace.active)
      trace.publish({ type: "event refused", sid, namespace, event, code: error.code, issues });
    void answer?.([{ error }]);
  }

  /** A schema itself has failed: that is the program's error, and the client learns nothing of it. */
  #fail({ socket, event, values, answer }: ReceivedEvent, error: unknown): void {
    this.#own.fail(socket, { name: event, args: values }, error, answer);
  }

  /** Sends the acknowledgement that the contract has, and no other. */
  #checkedAnswer(event: string, { answer: schemas, errors }: EventDefinition, answer: Answer): Answer {
    const { maxIssues, outgoing } = this.#settings;
    return (values, failure) => {
      if (failure !== undefined) {
        const checked = outgoing ? this.#checkError(event, errors, failure.error) : undefined;
        return checked === undefined ? answer(values) : checked.then(() => answer(values));
      }
      if (schemas.length === 0) return answer([]);
      if (!outgoing) return answer(values);
      const what = `The acknowledgement of ${quoted(event)}`;
      const checked = validate(schemas, values, maxIssues);
      if (checked instanceof Promise)
        return inTime(checked, what, this.#settings).then((late) => {
          if (late.issues !== undefined) throw misfit(what, late);
          return answer(values);
        });
      if (checked.issues !== undefined) throw misfit(what, checked);
      return answer(values);
    };
  }

  #checkError(event: string, own: EventDefinition["errors"], error: unknown): undefined | Promise<void> {
    if (!isRefusal(error)) return undefined;
    const { code, data } = error;
    const { errors: shared = {} } = this.#scope.contract.parts;
    const what = `The error ${quoted(code)} of ${quoted(event)}`;
    const schema = [own, shared].find((errors) => Object.hasOwn(errors, code))?.[code];
    if (schema === undefined)
      throw misfit(what, { issues: [{ message: "the contract does not name it", path: [] }] });
    const checked = validateOne(schema, data, this.#settings.maxIssues);
    const judge = (result: Validated): undefined => {
      if (result.issues !== undefined) throw misfit(what, result);
    };
    return checked instanceof Promise ? inTime(checked, what, this.#settings).then(judge) : judge(checked);
  }

  /** Counts a step that takes time as one of the client's handlers that run. The step must not reject. */
  #count(socket: Socket, weight: number, step: Promise<void>): Promise<void> {
    this.#settings.onStart();
    socket.running += 1;
    return step.then(() => {
      socket.client.endWaiting(weight);
      socket.running -= 1;
      this.#settings.onEnd();
    });
  }

  #follow(socket: Socket, step: Promise<void>): void {
    this.#waiting.set(socket, step);
    void step.then(() => {
      if (this.#waiting.get(socket) === step) this.#waiting.delete(socket);
    });
  }
}

/** Events by name. A map has no names that the program did not give. */
export function eventsOf(events: EventDefinitions | undefined): ReadonlyMap<string, EventDefinition> | null {
  return events === undefined ? null : new Map(Object.entries(events));
}
