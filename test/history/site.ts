/** The server processes of a trial and the broker between them, and everything a trial can do to them. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Broker } from "../support/brokers.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { Control, type Order, type ProgramSettings, type Report, type Role, type Said } from "./control.ts";
import type { Trouble } from "./history.ts";
import { type Backplane, size } from "./schedule.ts";

/** How long each step at the start or the end may take, in ms. */
const patience = 20_000;
/** How long after reconnection an event that was in flight may still be lost, in ms. */
const aftermath = 1000;
/** How long until processes detect that a connection has fallen silent, in ms. */
const unnoticed = 8000;
/** How much later than an event of its process a report may be read, in ms. */
const readingDelay = 100;

/** One server, or a process without clients. */
interface Member {
  readonly name: string;
  readonly pid: number;
  readonly role: Role;
  readonly control: Control<Order, Report>;
  /** Its position, by which clients and schedules address it. */
  slot: number | null;
  port: number | null;
  hasBegun: boolean;
  isReady: boolean;
  /** Its connections to the broker that are down or not yet up. */
  readonly down: Set<"events" | "memory">;
  /** Since when it reaches the others again. */
  upSince: number;
}

/** What a trial chooses. */
export interface SiteSettings {
  readonly backplane: Backplane;
  /** The program of each process: a file. */
  readonly program: string;
  readonly maxDisconnection: number;
}

/** Receives the reports of a site. */
export interface SiteListener {
  /** A process has called `emit`. */
  onSaid(tag: number, publisher: string, number: number): void;
}

/** The server processes of a trial and the broker between them. */
export class Site {
  readonly troubles: Trouble[] = [];
  /** When each process had given up the broker that keeps events. */
  readonly detached = new Map<string, Trouble[]>();
  /** When each killed process was last able to do anything. */
  readonly ends = new Map<string, number>();
  /** Faults that concern no event, such as a process that ended by itself. */
  readonly complaints: string[] = [];
  readonly #settings: SiteSettings;
  readonly #listener: SiteListener;
  readonly #server: Server;
  readonly #members = new Set<Member>();
  readonly #children = new Set<ChildProcess>();
  /** Processes that wait to replace a killed one. */
  readonly #spares: number[] = [];
  /** Since when each frozen process is frozen, by process id. */
  readonly #frozen = new Map<number, number>();
  readonly #killed = new Set<number>();
  /** What each process has printed. */
  readonly #output = new Map<number, string>();
  #broker: Broker | null = null;
  #folder: string | null = null;
  /** Stands between the processes and a broker that has no command to end their connections. */
  #brokerProxy: TcpProxy | null = null;
  #trouble: number | null = null;
  #lastName = 0;
  #isEnding = false;

  private constructor(settings: SiteSettings, listener: SiteListener, server: Server) {
    this.#settings = settings;
    this.#listener = listener;
    this.#server = server;
  }

  /**
   * Starts the broker and the processes; resolves when all of them serve.
   *
   * @param spares - how many processes will be replaced
   */
  static async start(settings: SiteSettings, spares: number, listener: SiteListener): Promise<Site> {
    const server = createServer();
    const site = new Site(settings, listener, server);
    server.on("connection", (socket) => site.#welcome(socket));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      await site.#startBroker();
      await site.#startProcesses(spares);
    } catch (error) {
      await site.end();
      throw error;
    }
    return site;
  }

  /** The ports that clients may connect to. */
  get ports(): number[] {
    return this.#servers().flatMap(({ port }) => port ?? []);
  }

  /** The names of all processes that can send. */
  get publishers(): string[] {
    return [...this.#members].filter(({ isReady }) => isReady).map(({ name }) => name);
  }

  /** Has a process send an event: the one in a slot, the one of a name, or one without clients. */
  say(speaker: { readonly slot: number } | { readonly name: string } | "outside", said: Said): boolean {
    const member = [...this.#members].find((each) => {
      // One that waits to take the place of another has no events yet.
      if (speaker === "outside") return each.role !== "server" && each.isReady;
      return "slot" in speaker
        ? each.slot === speaker.slot && each.port !== null
        : each.name === speaker.name;
    });
    member?.control.send({ type: "say", ...said });
    return member !== undefined;
  }

  /** Freezes the process in a slot for a while. */
  async freeze(slot: number, time: number): Promise<void> {
    const pid = this.#inSlot(slot)?.pid;
    if (pid !== undefined) await this.#freezeProcess(pid, time);
  }

  /** Kills the process in a slot, and starts another in its place. */
  async kill(slot: number, pause: number): Promise<void> {
    const member = this.#inSlot(slot);
    if (member === undefined) return;
    const { pid } = member;
    this.#killed.add(pid);
    const end = this.#frozen.get(pid) ?? performance.now();
    const gone = [...this.#members].filter((each) => each.pid === pid);
    for (const each of gone) {
      this.ends.set(each.name, end);
      this.#forget(each);
    }
    process.kill(pid, "SIGKILL");
    this.#frozen.delete(pid);
    // The primary replaces a killed worker.
    if (this.#settings.backplane === "ipc") return;
    await sleep(pause);
    this.#takeSpare();
  }

  /** Ends the broker, and starts it again. */
  async restart(pause: number, isEmpty: boolean): Promise<void> {
    if (this.#broker === null || this.#trouble !== null) return;
    this.#beginTrouble();
    await this.#broker.kill();
    if (isEmpty && this.#folder !== null)
      rmSync(join(this.#folder, "appendonlydir"), { recursive: true, force: true });
    await sleep(pause);
    await this.#broker.start();
    await this.#endTrouble();
  }

  /** Freezes the broker for a while. */
  async hang(time: number): Promise<void> {
    if (this.#settings.backplane === "ipc") {
      const primary = [...this.#members].find(({ role }) => role === "primary");
      if (primary !== undefined) await this.#freezeProcess(primary.pid, time);
      return;
    }
    if (this.#trouble !== null) return;
    this.#broker?.freeze();
    await sleep(time);
    this.#broker?.thaw();
  }

  /** Breaks the connections over which the processes receive each other's messages. */
  async unsubscribe(): Promise<void> {
    if (this.#trouble !== null) return;
    this.#beginTrouble();
    if (this.#brokerProxy !== null) this.#brokerProxy.interrupt("cut");
    else await this.#broker?.command("CLIENT", "KILL", "TYPE", "pubsub");
    await this.#endTrouble();
  }

  /** Resolves when all processes are up and reach each other. */
  async whole(): Promise<void> {
    await until("all processes", () => {
      const servers = this.#servers();
      return (
        this.#trouble === null &&
        this.#frozen.size === 0 &&
        servers.length === size.slots &&
        [...this.#members].every(
          ({ hasBegun, down, isReady }) => !hasBegun || (down.size === 0 && isReady),
        ) &&
        // The process that sends without clients is up, too.
        this.#hasSpeaker()
      );
    });
  }

  /** What the processes have printed. */
  get output(): string {
    return [...this.#output].map(([pid, text]) => `process ${pid}:\n${text}`).join("");
  }

  /** Ends everything. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const ends = [...this.#children].map((child) => {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
      child.kill("SIGKILL");
      return ended;
    });
    await Promise.all(ends);
    for (const { control } of this.#members) control.end();
    this.#server.close();
    await this.#brokerProxy?.stop();
    await this.#broker?.kill();
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }

  async #startBroker(): Promise<void> {
    const { backplane } = this.#settings;
    if (backplane === "redis") {
      this.#folder = mkdtempSync(join(tmpdir(), "roomcast-history-"));
      this.#broker = await Broker.redis("--appendonly", "yes", "--dir", this.#folder);
    } else if (backplane === "nats" || backplane === "jetstream") {
      this.#broker = backplane === "nats" ? await Broker.nats() : await Broker.jetStream();
      this.#brokerProxy = await TcpProxy.open(this.#broker.port);
    }
  }

  async #startProcesses(spares: number): Promise<void> {
    const { backplane } = this.#settings;
    const count = backplane === "memory" || backplane === "ipc" ? 1 : size.slots;
    const reserve = backplane === "ipc" ? 0 : spares;
    const servers = backplane === "memory" ? size.slots : 1;
    if (count > 1) this.#spawn(0, true);
    for (let index = 0; index < count; index += 1) this.#spawn(servers, backplane === "memory");
    await this.whole();
    for (let index = 0; index < reserve; index += 1) {
      this.#spares.push(this.#spawn(servers, backplane === "memory"));
    }
  }

  #spawn(servers: number, hasEmitter: boolean): number {
    const { backplane, program, maxDisconnection } = this.#settings;
    const settings: ProgramSettings = {
      control: (this.#server.address() as AddressInfo).port,
      messageQueue: this.#queue(),
      servers,
      workers: backplane === "ipc" ? size.slots : null,
      hasEmitter,
      maxDisconnection,
      pingInterval: 400,
      pingTimeout: 500,
    };
    const child = spawn(process.execPath, ["--enable-source-maps", program, JSON.stringify(settings)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#children.add(child);
    const { pid = 0 } = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#output.set(pid, `${this.#output.get(pid) ?? ""}${text}`.slice(-20_000));
    });
    return pid;
  }

  /** Has a waiting process begin to serve. */
  #takeSpare(): void {
    const pid = this.#spares.shift();
    if (pid === undefined) return;
    for (const member of this.#members) if (member.pid === pid) this.#begin(member);
  }

  #welcome(socket: Socket): void {
    let member: Member | null = null;
    const control = new Control<Order, Report>(
      socket,
      (report) => {
        if (report.type === "hello") {
          const { pid, role } = report;
          this.#lastName += 1;
          const name = `${role} ${this.#lastName}`;
          const state = { slot: null, port: null, hasBegun: false, isReady: false, upSince: 0 };
          member = { name, pid, role, control, down: new Set(["events"]), ...state };
          this.#members.add(member);
          if (!this.#spares.includes(pid)) this.#begin(member);
        } else if (member !== null) {
          this.#onReport(member, report);
        }
      },
      () => {
        if (member === null || !this.#members.has(member) || this.#isEnding) return;
        this.complaints.push(`${member.name} ended by itself`);
        this.#forget(member);
      },
    );
  }

  #begin(member: Member): void {
    member.hasBegun = true;
    member.control.send({ type: "begin", name: member.name });
  }

  #onReport(member: Member, report: Report): void {
    switch (report.type) {
      case "ready":
        member.isReady = true;
        if (member.role !== "server") break;
        member.port = report.port;
        member.slot = this.#freeSlot();
        break;
      case "said":
        this.#listener.onSaid(report.tag, member.name, report.number);
        break;
      case "up":
        member.down.delete(report.link);
        if (report.link === "memory") this.#attach(member);
        member.upSince = performance.now();
        break;
      case "down":
        member.down.add(report.link);
        if (report.link === "memory") this.#detach(member);
        // The trial broke no connection: a process detected a silent one.
        if (this.#trouble === null) {
          this.#trouble = performance.now() - unnoticed;
          void this.#endTrouble();
        }
        break;
      case "hello":
        break;
      default:
        report satisfies never;
    }
  }

  #detach({ name }: Member): void {
    const periods = this.detached.get(name) ?? [];
    this.detached.set(name, periods);
    periods.push({ from: performance.now() - readingDelay, to: Number.POSITIVE_INFINITY });
  }

  #attach({ name }: Member): void {
    const to = performance.now() + readingDelay;
    const periods = this.detached.get(name) ?? [];
    this.detached.set(
      name,
      periods.map((period) => (period.to === Number.POSITIVE_INFINITY ? { ...period, to } : period)),
    );
  }

  #forget(member: Member): void {
    this.#members.delete(member);
    member.control.end();
  }

  #servers(): Member[] {
    return [...this.#members].filter(({ slot }) => slot !== null);
  }

  #inSlot(slot: number): Member | undefined {
    return [...this.#members].find((member) => member.slot === slot);
  }

  #hasSpeaker(): boolean {
    return [...this.#members].some(({ role, isReady }) => role !== "server" && isReady);
  }

  #freeSlot(): number {
    let slot = 0;
    while (this.#inSlot(slot) !== undefined) slot += 1;
    return slot;
  }

  async #freezeProcess(pid: number, time: number): Promise<void> {
    if (this.#frozen.has(pid)) return;
    this.#frozen.set(pid, performance.now());
    process.kill(pid, "SIGSTOP");
    await sleep(time);
    if (!this.#frozen.delete(pid)) return;
    process.kill(pid, "SIGCONT");
  }

  #beginTrouble(): void {
    this.#trouble = performance.now();
  }

  /** Waits until every process has noticed the trouble, and reaches the others again. */
  async #endTrouble(): Promise<void> {
    const from = this.#trouble ?? 0;
    const members = [...this.#members].filter(({ hasBegun }) => hasBegun);
    const isOver = (member: Member) =>
      !this.#members.has(member) || (member.down.size === 0 && member.upSince > from);
    await until("the end of a trouble", () => this.#isEnding || members.every(isOver));
    this.troubles.push({ from, to: performance.now() + aftermath });
    this.#trouble = null;
  }

  #queue(): string | null {
    if (this.#settings.backplane === "memory") return "memory://trial";
    return this.#brokerProxy === null
      ? (this.#broker?.url ?? null)
      : this.#brokerProxy.url.replace("http", "nats");
  }
}

function sleep(time: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, time));
}

/** Resolves when the condition holds; rejects when that takes too long. */
async function until(what: string, isSo: () => boolean): Promise<void> {
  const end = performance.now() + patience;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${patience} ms`);
    await sleep(5);
  }
}
