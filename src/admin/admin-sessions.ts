/**
 * The logins that are valid: with the id of a session a browser logs in again without a password, on any
 * process. A process tells the others of each new session, and asks them for one that it does not know. They
 * exchange digests of the ids, so the message queue carries nothing that can log in.
 */

import { generateId } from "../base/id.ts";
import { nodeCrypto } from "../base/node-crypto.ts";
import type { Clock } from "../base/time/clock.ts";
import type { AdminPeers } from "./admin-peers.ts";

/** A login. */
interface AdminSession {
  readonly username: string;
  readonly expires: number;
}

/** What sessions need of their process. */
export interface AdminSessionsOwner {
  readonly peers: AdminPeers;
  readonly clock: Clock;
}

/** How many sessions are kept; the oldest one goes first. */
const maxSessions = 1000;
/** How long other processes may take to find a session, in ms. */
const askTimeout = 2000;
const told = "roomcast:admin session";
const asked = "roomcast:admin session?";

/** The sessions of the admin interface. */
export class AdminSessions {
  readonly #owner: AdminSessionsOwner;
  readonly #lifetime: number;
  /** By the digests of their ids, the oldest first. */
  readonly #sessions = new Map<string, AdminSession>();

  /**
   * @param owner - this process
   * @param lifetime - how long a session lasts, in ms
   */
  constructor(owner: AdminSessionsOwner, lifetime: number) {
    this.#owner = owner;
    this.#lifetime = lifetime;
    owner.peers.answer(told, (digest, username, left) => {
      this.#keep(digest, username, left);
      return [];
    });
    owner.peers.answer(asked, (digest) => {
      const session = typeof digest === "string" ? this.#valid(digest) : undefined;
      return session === undefined ? [] : [session.username, session.expires - owner.clock.now()];
    });
  }

  /** Makes the id of a new session. */
  create(username: string): string {
    const id = generateId();
    const digest = digestOf(id);
    this.#keep(digest, username, this.#lifetime);
    this.#owner.peers.tell(told, [digest, username, this.#lifetime]);
    return id;
  }

  /** The name of the session's owner, if this process knows it. */
  find(id: string): string | undefined {
    return this.#valid(digestOf(id))?.username;
  }

  /** The name of the session's owner, if any process knows it. */
  async findAnywhere(id: string): Promise<string | undefined> {
    const digest = digestOf(id);
    await this.#owner.peers.ask(asked, [digest], askTimeout, ([username, left]) => {
      this.#keep(digest, username, left);
      return this.#sessions.has(digest);
    });
    return this.#valid(digest)?.username;
  }

  #valid(digest: string): AdminSession | undefined {
    const session = this.#sessions.get(digest);
    if (session !== undefined && session.expires > this.#owner.clock.now()) return session;
    this.#sessions.delete(digest);
    return undefined;
  }

  #keep(digest: unknown, username: unknown, left: unknown): void {
    if (typeof digest !== "string" || typeof username !== "string" || typeof left !== "number") return;
    const expires = this.#owner.clock.now() + Math.min(left, this.#lifetime);
    this.#sessions.set(digest, { username, expires });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maxSessions && oldest !== undefined) this.#sessions.delete(oldest);
  }
}

function digestOf(id: string): string {
  return nodeCrypto().createHash("sha256").update(id).digest("base64url");
}
