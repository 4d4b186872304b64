/** Sends to several clients of a namespace: what `io.to(room)` gives. It never changes. */

import { Arguments } from "../contract/arguments.ts";
import type { Delivery } from "../core/broadcaster.ts";
import type { Hub } from "../core/hub.ts";
import { isSid } from "../core/model/sid.ts";
import type { SocketInfo } from "../core/model/socket-info.ts";
import type { Target } from "../core/model/target.ts";
import { RemoteSocket } from "./remote-socket.ts";
import { type EventFlags, noFlags, roomNamesOf, sentEventName, takeCallback, timedOut } from "./room-list.ts";

/** What an operator needs of its namespace. */
export interface OperatorSpace {
  readonly name: string;
  /** The core of the server; `null` while there can be no clients. */
  readonly hub: Hub | null;
  /** The clients that this process has accepted. */
  readonly sockets: ReadonlyMap<string, unknown>;
  /** Of a rule for names: the namespaces that it has let clients into, which get its events. */
  readonly children?: Iterable<{ readonly space: OperatorSpace }>;
  /** Calls a callback of the program, whose errors are reported. */
  call(callback: (...values: unknown[]) => unknown, values: readonly unknown[]): void;
}

/** Which clients, and how. */
export interface Selection {
  /** No name twice; empty for the whole namespace. */
  readonly rooms: readonly string[];
  /** Rooms and clients that are left out; no name twice. */
  readonly except: readonly string[];
  readonly flags: Readonly<EventFlags>;
  /** Whether one client answers, so that its answer is no list. */
  readonly isSingle: boolean;
}

const none: readonly string[] = [];

/** All clients of a namespace. */
export const wholeNamespace: Selection = { rooms: none, except: none, flags: noFlags, isSingle: false };

/** How most events are sent. */
const plainly: Delivery = {};

/** Clients of one namespace, and how they are sent to. */
export class BroadcastOperator {
  readonly #space: OperatorSpace;
  readonly #selection: Selection;

  constructor(space: OperatorSpace, selection: Selection = wholeNamespace) {
    this.#space = space;
    this.#selection = selection;
  }

  to(room: unknown): BroadcastOperator {
    const { rooms, except, flags, isSingle } = this.#selection;
    return this.#with({ rooms: withNames(rooms, room), except, flags, isSingle });
  }

  in(room: unknown): BroadcastOperator {
    return this.to(room);
  }

  except(room: unknown): BroadcastOperator {
    const { rooms, except, flags, isSingle } = this.#selection;
    return this.#with({ rooms, except: withNames(except, room), flags, isSingle });
  }

  compress(compress: boolean): BroadcastOperator {
    return this.#flagged({ compress });
  }

  get volatile(): BroadcastOperator {
    return this.#flagged({ volatile: true });
  }

  get local(): BroadcastOperator {
    return this.#flagged({ local: true });
  }

  timeout(timeout: number): BroadcastOperator {
    return this.#flagged({ timeout });
  }

  /**
   * @throws Error for a reserved name
   * @throws {@link RoomcastError} `ERR_PAYLOAD`, `ERR_ROOM`
   */
  emit(event: unknown, ...values: unknown[]): boolean {
    const name = sentEventName(event);
    const callback = takeCallback(values);
    const { hub, children } = this.#space;
    if (callback !== null) {
      this.#ask(hub, name, values, callback);
    } else if (children !== undefined) {
      for (const { space } of children) new BroadcastOperator(space, this.#selection).emit(name, ...values);
    } else if (hub !== null) {
      hub.broadcaster.emit(this.#target, name, new Arguments(values), deliveryOf(this.#selection.flags));
    }
    return true;
  }

  emitWithAck(event: unknown, ...values: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown, responses: unknown) => {
        if (error === null) resolve(responses);
        else reject(Object.assign(error as Error, { responses }));
      };
      this.emit(event, ...values, settle);
    });
  }

  async allSockets(): Promise<Set<string>> {
    const { here, elsewhere } = await this.#find();
    return new Set([...here, ...elsewhere.map(({ sid }) => sid)]);
  }

  /** The clients of all processes: the sockets themselves where they are here. */
  async fetchSockets(): Promise<unknown[]> {
    const { here, elsewhere } = await this.#find();
    const others = elsewhere.map((info) => {
      const selection = { ...wholeNamespace, rooms: [info.sid], isSingle: true };
      return new RemoteSocket(info, new BroadcastOperator(this.#space, selection));
    });
    return [...here.map((sid) => this.#space.sockets.get(sid)), ...others];
  }

  socketsJoin(room: unknown): void {
    const { hub } = this.#space;
    const rooms = roomNamesOf(room);
    if (this.#isLocal) hub?.local.apply({ type: "join", target: this.#target, rooms });
    else void hub?.operations.join(this.#target, rooms);
  }

  socketsLeave(room: unknown): void {
    const { hub } = this.#space;
    const rooms = roomNamesOf(room);
    if (this.#isLocal) hub?.local.apply({ type: "leave", target: this.#target, rooms });
    else void hub?.operations.leave(this.#target, rooms);
  }

  disconnectSockets(close = false): void {
    const { hub } = this.#space;
    const operation = {
      type: "disconnect",
      target: this.#target,
      close: Boolean(close),
      notice: null,
    } as const;
    if (this.#isLocal) hub?.local.apply(operation);
    else void hub?.operations.disconnect(operation.target, operation.close, null);
  }

  get #isLocal(): boolean {
    return this.#selection.flags.local === true;
  }

  get #target(): Target {
    const { rooms, except } = this.#selection;
    const [first] = rooms;
    // One client is found in any process by its id.
    const isOne = rooms.length === 1 && first !== undefined && isSid(first);
    return {
      namespace: this.#space.name,
      sid: isOne ? first : null,
      rooms: isOne || rooms.length === 0 ? null : rooms,
      skip: except.length === 0 ? null : except,
    };
  }

  #with(selection: Selection): BroadcastOperator {
    return new BroadcastOperator(this.#space, selection);
  }

  #flagged(given: EventFlags): BroadcastOperator {
    const { rooms, except, flags, isSingle } = this.#selection;
    return this.#with({ rooms, except, flags: { ...flags, ...given }, isSingle });
  }

  /** Collects the first value of each client's answer. As there, the limit is 1 ms where none is given. */
  #ask(
    hub: Hub | null,
    event: string,
    values: readonly unknown[],
    callback: (...answer: unknown[]) => unknown,
  ): void {
    const responses: unknown[] = [];
    const { flags, isSingle } = this.#selection;
    let isComplete = true;
    const end = (missing: readonly string[]) => {
      const error = isComplete && missing.length === 0 ? null : timedOut();
      const answer = isSingle ? (error === null ? responses[0] : null) : responses;
      // Never before emit() has returned.
      queueMicrotask(() => this.#space.call(callback, [error, answer]));
    };
    if (hub === null) {
      end([]);
      return;
    }
    hub.ackRequests.inquire(this.#target, event, new Arguments(values), {
      timeout: flags.timeout ?? 1,
      isLocal: flags.local === true,
      listener: {
        onAnswer: (_sid, [value]) => responses.push(value),
        onFailure: () => {
          isComplete = false;
        },
        onEnd: end,
      },
    });
  }

  /** The clients of this process by their ids, and those of the others. */
  async #find(): Promise<{ here: readonly string[]; elsewhere: readonly SocketInfo[] }> {
    const { hub, sockets } = this.#space;
    const target = this.#target;
    if (hub === null) return { here: [], elsewhere: [] };
    const here = hub.namespaces
      .select(target)
      .map(({ sid }) => sid)
      .filter((sid) => sockets.has(sid));
    const others = this.#isLocal ? null : hub.namespaces.othersFor(target);
    return { here, elsewhere: others === null ? [] : (await others.sockets(target)).sockets };
  }
}

/** Names, and further ones as programs give them. */
function withNames(known: readonly string[], given: unknown): readonly string[] {
  // Most programs name one room.
  if (known.length === 0 && typeof given === "string") return [given];
  return [...new Set([...known, ...roomNamesOf(given)])];
}

function deliveryOf(flags: Readonly<EventFlags>): Delivery {
  if (flags === noFlags) return plainly;
  const { volatile, compress, local } = flags;
  return { volatile, compress, ignoreQueue: local };
}
