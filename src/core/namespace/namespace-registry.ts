/** The namespaces that have clients in this process: opens and closes them, and finds their sockets. */

import type { Clock } from "../../base/time/clock.ts";
import type { Trace } from "../../base/trace.ts";
import type { EncodedEvent } from "../../protocol/socket-packet.ts";
import { ForeignEvents } from "../foreign-events.ts";
import type { LostClient } from "../model/lost-client.ts";
import { sidGenerator } from "../model/sid.ts";
import type { Target } from "../model/target.ts";
import type { Codec } from "../packet/codec.ts";
import type { Backplane } from "../ports.ts";
import type { Recovery, RecoverySettings } from "../recovery/recovery.ts";
import type { SharedRecovery } from "../recovery/recovery-log.ts";
import type { RecoveryObstacle } from "../recovery/recovery-sessions.ts";
import type { Socket } from "../socket/socket.ts";
import type { NamespaceMeter } from "./namespace-meter.ts";
import { type NamespaceHandlers, type NamespaceRule, OpenNamespace } from "./open-namespace.ts";

/** What the registry asks of the application. */
export interface NamespaceRegistryOwner {
  /**
   * The handlers of a namespace; `undefined` when clients may not join it.
   *
   * @param rule - the rule that let a client in; `null` where the name alone is enough
   */
  handlersOf(namespace: string, rule: NamespaceRule | null): NamespaceHandlers | undefined;
  /** The rules that may let clients into other namespaces, in the order in which they are tried. */
  rules(): readonly NamespaceRule[];
  /** How clients of a namespace return after a lost connection; `null` when each starts as a new one. */
  recoveryOf(namespace: string, rule: NamespaceRule | null): RecoverySettings | null;
  /** A client will not return. */
  onLost(lost: LostClient): void;
  /** Reports an error that no client has caused. */
  report(error: unknown): void;
}

/**
 * Finds the meter of a namespace.
 *
 * @param rule - the rule that let the first client in; `null` for none
 */
export type MeterSource = (namespace: string, rule: NamespaceRule | null) => NamespaceMeter;

/** Watches rooms open and close. */
export interface RoomsWatcher {
  /** A room has got its first member in this process. */
  onRoomOpen(namespace: string, room: string): void;
  /** A room has lost its last member in this process. */
  onRoomEmpty(namespace: string, room: string): void;
}

/** What the registry makes namespaces with. */
export interface NamespaceRegistrySettings {
  readonly codec: Codec;
  readonly clock: Clock;
  readonly trace: Trace;
  /** How many events a client may send per second and at once, by namespace. */
  readonly eventsPerSecond: Readonly<Record<string, number>>;
}

/** The namespaces of one server. */
export class NamespaceRegistry {
  /** Tells of the events that other processes send to clients of this one. */
  readonly foreignEvents = new ForeignEvents();
  readonly #owner: NamespaceRegistryOwner;
  readonly #settings: NamespaceRegistrySettings;
  readonly #namespaces = new Map<string, OpenNamespace>();
  #backplane: Backplane | null = null;
  #sharedRecovery: SharedRecovery | null = null;
  #roomsWatcher: RoomsWatcher | null = null;
  #meterOf: MeterSource | null = null;
  /** Clients wait for this; `null` for nothing. */
  #wait: Promise<unknown> | null = null;
  /** Makes the recovery of a namespace; `null` where the code is not there. */
  #Recovery: typeof Recovery | null = null;

  /**
   * @param owner - the application
   * @param settings - what the registry makes namespaces with
   */
  constructor(owner: NamespaceRegistryOwner, settings: NamespaceRegistrySettings) {
    this.#owner = owner;
    this.#settings = settings;
  }

  /** The link to other processes; `null` where there is none. */
  get backplane(): Backplane | null {
    return this.#backplane;
  }

  /** The recovery that processes share; `null` when each process keeps its own. */
  get sharedRecovery(): SharedRecovery | null {
    return this.#sharedRecovery;
  }

  /** All namespaces. */
  all(): IterableIterator<OpenNamespace> {
    return this.#namespaces.values();
  }

  /** Finds a namespace. */
  get(name: string): OpenNamespace | undefined {
    return this.#namespaces.get(name);
  }

  /** Connects the namespaces to other processes. Called before the first client arrives. */
  useBackplane(backplane: Backplane): void {
    this.#backplane = backplane;
  }

  /** Lets clients in when a promise has settled, which never rejects; and others, where there are any. */
  waitFor(promise: Promise<unknown>): void {
    const wait = this.#wait === null ? promise : Promise.all([this.#wait, promise]);
    this.#wait = wait;
    void wait.then(() => {
      if (this.#wait === wait) this.#wait = null;
    });
  }

  /** Gives the registry the code of recovery: before the first client of a namespace that recovers. */
  recoverWith(Class: typeof Recovery): void {
    this.#Recovery = Class;
  }

  /**
   * Sets the recovery that processes share; `null` when clients can return to the same process only.
   *
   * It holds for namespaces that open later.
   */
  shareRecovery(shared: SharedRecovery | null): void {
    this.#sharedRecovery = shared;
  }

  /** Calls a watcher when a room gets its first member in this process, or loses its last. */
  watchRooms(watcher: RoomsWatcher): void {
    this.#roomsWatcher = watcher;
    for (const namespace of this.#namespaces.values()) this.#watch(namespace);
  }

  /** Measures the namespaces that are open, and all that open later. */
  measure(meterOf: MeterSource): void {
    this.#meterOf = meterOf;
    for (const namespace of this.#namespaces.values()) {
      namespace.measure(meterOf(namespace.name, namespace.rule));
    }
  }

  /** How clients of a namespace without clients here would return; `null` when each starts as a new one. */
  recoverySettings(name: string): RecoverySettings | null {
    return this.#owner.recoveryOf(name, null);
  }

  /** Finds a socket by the id under which it is reached: see {@link Socket.address}. */
  find(namespace: string, sid: string | null): Socket | undefined {
    if (sid === null) return undefined;
    const known = this.#namespaces.get(namespace);
    return known?.socket(sid) ?? known?.recovery?.joins.returning(sid);
  }

  /** The sockets of this process that a target names. */
  select(target: Target): readonly Socket[] {
    const namespace = this.#namespaces.get(target.namespace);
    if (namespace === undefined) return [];
    const returning = target.sid === null ? undefined : namespace.recovery?.joins.returning(target.sid);
    return returning === undefined ? namespace.select(target) : [returning];
  }

  /** The link to other processes when a target may name clients there, otherwise `null`. */
  othersFor({ namespace, sid, rooms }: Target): Backplane | null {
    if (this.#backplane === null) return null;
    const isElsewhere = sid === null ? rooms?.length !== 0 : this.find(namespace, sid) === undefined;
    return isElsewhere ? this.#backplane : null;
  }

  /** Acts on sockets after everything that this process has sent to their namespace before. */
  inTurn(namespace: string, sockets: readonly Socket[], act: (socket: Socket) => void): void {
    this.#namespaces.get(namespace)?.inTurn(sockets, act);
  }

  /** Finds or opens the namespace that a client asks for; `undefined` when there is none of that name. */
  admit(name: string, auth: unknown): OpenNamespace | undefined | Promise<OpenNamespace | undefined> {
    if (this.#wait !== null) return this.#wait.then(() => this.admit(name, auth));
    const known = this.#namespaces.get(name);
    if (known !== undefined && known.rule === null) return known;
    const opened = known === undefined ? this.#open(name, null) : undefined;
    if (opened !== undefined) return opened;
    const rules = known?.rule ? [known.rule] : this.#owner.rules();
    return rules.length === 0 ? undefined : this.#admitByRule(name, auth, rules);
  }

  /** Removes a namespace if it is empty. */
  release(namespace: OpenNamespace): void {
    const away = namespace.recovery?.awayCount ?? 0;
    // A namespace that was removed before may have a successor of the same name.
    if (namespace.size + away > 0 || this.#namespaces.get(namespace.name) !== namespace) return;
    this.#namespaces.delete(namespace.name);
    namespace.recovery?.end();
    this.#backplane?.onNamespaceEmpty(namespace.name);
  }

  /** Forgets clients that are away, because this process stops. */
  close(): void {
    for (const { recovery } of [...this.#namespaces.values()]) recovery?.sessions.close();
  }

  async #admitByRule(
    name: string,
    auth: unknown,
    rules: readonly NamespaceRule[],
  ): Promise<OpenNamespace | undefined> {
    const rule = await this.#firstThatAllows(rules, name, auth);
    if (rule === undefined) return undefined;
    const known = this.#namespaces.get(name);
    if (known === undefined) return this.#open(name, rule);
    // Another client came first, by another rule. That rule decides while the namespace exists.
    return known.rule === null || known.rule === rule ? known : this.#admitByRule(name, auth, [known.rule]);
  }

  async #firstThatAllows(
    rules: readonly NamespaceRule[],
    name: string,
    auth: unknown,
  ): Promise<NamespaceRule | undefined> {
    for (const rule of rules) {
      try {
        if ((await rule.allows(name, auth)) === true) return rule;
      } catch (error) {
        this.#owner.report(error);
      }
    }
    return undefined;
  }

  #open(name: string, rule: NamespaceRule | null): OpenNamespace | undefined {
    const handlers = this.#owner.handlersOf(name, rule);
    if (handlers === undefined) return undefined;
    const rates = this.#settings.eventsPerSecond;
    const perSecond = Object.hasOwn(rates, name) ? rates[name] : undefined;
    const rate = perSecond === undefined ? null : { perSecond, burst: perSecond };
    const namespace = new OpenNamespace(name, handlers, rate);
    namespace.rule = rule;
    if (this.#meterOf !== null) namespace.measure(this.#meterOf(name, rule));
    namespace.recovery = this.#recoveryOf(namespace, rule);
    this.#namespaces.set(name, namespace);
    if (this.#backplane !== null) this.#announce(namespace, this.#backplane);
    else this.#watch(namespace);
    return namespace;
  }

  #recoveryOf(namespace: OpenNamespace, rule: NamespaceRule | null): Recovery | null {
    const settings = this.#owner.recoveryOf(namespace.name, rule);
    if (settings === null || this.#Recovery === null) return null;
    const listener = {
      onLost: (lost: LostClient) => {
        namespace.meter?.onLost();
        this.#onLost(lost);
      },
      onForeignEvent: (target: Target, event: EncodedEvent) => this.foreignEvents.tell(target, event),
      operations: this.#settings.trace.operations,
      onNotRecovered: (obstacle: RecoveryObstacle) => namespace.meter?.onReturn(obstacle),
      onIdle: () => this.release(namespace),
      report: (error: unknown) => this.#owner.report(error),
    };
    const { codec, clock } = this.#settings;
    return new this.#Recovery(namespace, settings, { codec, clock, listener, shared: this.#sharedRecovery });
  }

  /** Subscribes to the events of other processes for a namespace and its rooms. */
  #announce(namespace: OpenNamespace, backplane: Backplane): void {
    const { name } = namespace;
    namespace.newSid = sidGenerator(backplane.sidPrefix);
    this.#watch(namespace);
    const ready = backplane.onNamespaceOpen(name);
    namespace.ready = ready;
    void ready?.then(() => {
      namespace.ready = null;
    });
  }

  /** Connects the rooms of a namespace to their watchers. */
  #watch({ name, rooms }: OpenNamespace): void {
    const watchers = [this.#backplane, this.#roomsWatcher].filter((watcher) => watcher !== null);
    if (watchers.length === 0) return;
    rooms.watcher = {
      onRoomOpen(room) {
        for (const watcher of watchers) watcher.onRoomOpen(name, room);
      },
      onRoomEmpty(room) {
        for (const watcher of watchers) watcher.onRoomEmpty(name, room);
      },
      // A client that is away is no member: only messages of other processes are subscribed to for it.
      onRoomHeld: (room) => this.#backplane?.onRoomOpen(name, room),
      onRoomReleased: (room) => this.#backplane?.onRoomEmpty(name, room),
    };
  }

  #onLost(lost: LostClient): void {
    const { trace } = this.#settings;
    if (trace.active) {
      const { sid, namespace } = lost;
      trace.publish({ type: "recovery expired", sid, namespace });
    }
    this.#owner.onLost(lost);
  }
}
