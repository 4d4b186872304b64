/** The maps `adapter.rooms` and `adapter.sids`: what the namespace knows at the moment, to be read alone. */

import type { OpenNamespace } from "../../core/namespace/open-namespace.ts";
import type { Socket } from "../../core/socket/socket.ts";

/** Finds the namespace; `undefined` while it has no clients. */
export type FindNamespace = () => OpenNamespace | undefined;

/** A map whose entries are made when they are asked for. */
abstract class LiveMap extends Map<string, Set<string>> {
  protected readonly namespace: FindNamespace;
  protected readonly isHere: (sid: string) => boolean;

  /**
   * @param namespace - finds the namespace
   * @param isHere - whether a client has been accepted and has not left
   */
  constructor(namespace: FindNamespace, isHere: (sid: string) => boolean) {
    super();
    this.namespace = namespace;
    this.isHere = isHere;
  }

  protected abstract names(): Iterable<string>;
  protected abstract find(name: string): Set<string> | undefined;

  override get size(): number {
    return [...this.names()].length;
  }

  override get(name: string): Set<string> | undefined {
    return this.find(name);
  }

  override has(name: string): boolean {
    return this.find(name) !== undefined;
  }

  override *keys(): MapIterator<string> {
    yield* this.names();
  }

  override *values(): MapIterator<Set<string>> {
    for (const [, members] of this.entries()) yield members;
  }

  override *entries(): MapIterator<[string, Set<string>]> {
    for (const name of [...this.names()]) {
      const members = this.find(name);
      if (members !== undefined) yield [name, members];
    }
  }

  override [Symbol.iterator](): MapIterator<[string, Set<string>]> {
    return this.entries();
  }

  override forEach(
    callback: (members: Set<string>, name: string, map: Map<string, Set<string>>) => void,
    self?: unknown,
  ): void {
    for (const [name, members] of this.entries()) Reflect.apply(callback, self, [members, name, this]);
  }

  override set(): never {
    throw readOnly();
  }

  override delete(): never {
    throw readOnly();
  }

  override clear(): never {
    throw readOnly();
  }
}

/** The members of each room. Each client has a room of its own. */
export class RoomsMap extends LiveMap {
  protected override *names(): Iterable<string> {
    const namespace = this.namespace();
    if (namespace === undefined) return;
    for (const { sid } of namespace.sockets()) if (this.isHere(sid)) yield sid;
    for (const [room] of namespace.rooms.all()) yield room;
  }

  protected override find(name: string): Set<string> | undefined {
    const namespace = this.namespace();
    if (namespace === undefined) return undefined;
    if (namespace.socket(name) !== undefined && this.isHere(name)) return new Set([name]);
    const members = namespace.rooms.members(name);
    return members === undefined ? undefined : new Set([...members].map(({ sid }) => sid));
  }
}

/** The rooms of each client. */
export class SidsMap extends LiveMap {
  protected override *names(): Iterable<string> {
    for (const { sid } of this.namespace()?.sockets() ?? []) if (this.isHere(sid)) yield sid;
  }

  protected override find(sid: string): Set<string> | undefined {
    const socket: Socket | undefined = this.namespace()?.socket(sid);
    return socket === undefined || !this.isHere(sid) ? undefined : new Set([sid, ...socket.rooms]);
  }
}

function readOnly(): TypeError {
  return new TypeError(
    "The rooms of an adapter are there to be read. socket.join(), socket.leave(), socketsJoin() and socketsLeave() change them.",
  );
}
