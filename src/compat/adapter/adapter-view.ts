/** The member `adapter` of a namespace: its rooms, and events that tell how they change. */

import { EventEmitter } from "node:events";
import type { MemberWatcher } from "../../core/socket/rooms.ts";
import { nameClass } from "../class-name.ts";
import { refuseMethods } from "../refusals/refused-names.ts";
import { type FindNamespace, RoomsMap, SidsMap } from "./room-maps.ts";

/** What the view needs of its namespace. */
export interface ViewedNamespace {
  readonly name: string;
  /** The clients that this process has accepted. */
  readonly sockets: ReadonlyMap<string, unknown>;
  /** Finds the namespace in the core; `undefined` while it has no clients. */
  readonly open: FindNamespace;
  /** The ids of the clients of all processes that are in rooms; of all clients for none. */
  idsIn(rooms: Iterable<string>): Promise<Set<string>>;
  /** How many processes there are. */
  countServers(): Promise<number>;
  /** Reports an error of a listener. */
  report(error: unknown): void;
}

/** The rooms of one namespace. */
export class AdapterView extends EventEmitter implements MemberWatcher {
  readonly nsp: unknown;
  readonly rooms: Map<string, Set<string>>;
  readonly sids: Map<string, Set<string>>;
  /** Whether anything has ever listened. */
  isWatched = false;
  readonly #namespace: ViewedNamespace;

  constructor(namespace: ViewedNamespace) {
    super();
    this.nsp = namespace;
    this.#namespace = namespace;
    const isHere = (sid: string) => namespace.sockets.has(sid);
    this.rooms = new RoomsMap(namespace.open, isHere);
    this.sids = new SidsMap(namespace.open, isHere);
    // Rooms are watched from the first listener on.
    super.on("newListener", () => {
      this.isWatched = true;
      this.watch();
    });
  }

  /** Watches the rooms where a listener wants to know. */
  watch(): void {
    const namespace = this.#namespace.open();
    if (namespace !== undefined) namespace.rooms.memberWatcher ??= this;
  }

  /** Watches the rooms of a namespace that has just opened. */
  onOpen(): void {
    if (this.isWatched) this.watch();
  }

  socketRooms(id: string): Set<string> | undefined {
    return this.sids.get(id);
  }

  sockets(rooms: Iterable<string>): Promise<Set<string>> {
    return this.#namespace.idsIn(rooms);
  }

  serverCount(): Promise<number> {
    return this.#namespace.countServers();
  }

  onJoin(room: string, sid: string, isFirst: boolean): void {
    if (isFirst) this.#tell("create-room", room);
    this.#tell("join-room", room, sid);
  }

  onLeave(room: string, sid: string, isLast: boolean): void {
    this.#tell("leave-room", room, sid);
    if (isLast) this.#tell("delete-room", room);
  }

  #tell(event: string, ...values: readonly string[]): void {
    for (const listener of this.rawListeners(event)) {
      try {
        Reflect.apply(listener, this, values);
      } catch (error) {
        this.#namespace.report(error);
      }
    }
  }
}

nameClass(AdapterView, "Adapter");
refuseMethods(AdapterView.prototype, "Adapter");
