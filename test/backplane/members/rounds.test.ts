import { expect, it } from "vitest";
import { Rounds } from "../../../src/backplane/members/rounds.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const interval = 1000;

/** Some processes, and the calls and answers between them. */
function setup(...names: string[]) {
  const clock = new FakeClock();
  const log: string[] = [];
  const away = new Set<string>();
  /** Processes that hear no answers. */
  const deaf = new Set<string>();
  const rolls = new Map<string, Set<string>>();
  const processes = new Map<string, Rounds>();
  for (const name of names) {
    const rounds = new Rounds(name, interval, clock, {
      call() {
        if (away.has(name)) return;
        log.push(`${name} calls`);
        const roll = rolls.get(name) ?? new Set();
        rolls.set(name, new Set());
        for (const [other, { onCall }] of processes) {
          if (other !== name && !away.has(other)) onCall.call(processes.get(other), name, roll.has(other));
        }
      },
      answer(caller) {
        log.push(`${name} answers ${caller}`);
        if (!deaf.has(caller)) rolls.get(caller)?.add(name);
      },
    });
    processes.set(name, rounds);
  }
  const start = () => {
    for (const rounds of processes.values()) rounds.start();
  };
  const calls = () => log.filter((line) => line.endsWith("calls"));
  return { clock, log, calls, away, deaf, processes, start };
}

it("has one process call in each interval, and the others answer it alone", () => {
  const { clock, log, calls, start } = setup("a", "b", "c", "d");
  start();
  clock.advance(1800);
  log.length = 0;
  clock.advance(5000);
  expect(calls().length).toBe(5);
  expect(new Set(calls()).size).toBe(1);
  expect(log.length).toBe(5 * 4);
});

it("has another process call where the one that did is gone", () => {
  const { clock, calls, log, away, start } = setup("a", "b", "c");
  start();
  clock.advance(1800);
  const [first = ""] = calls();
  away.add(first.slice(0, 1));
  log.length = 0;
  clock.advance(1760);
  expect(calls().length).toBeGreaterThan(0);
  expect(calls()).not.toContain(first);
});

it("leaves the calls to the process with the smallest id where two call", () => {
  const { clock, calls, log, away, start } = setup("a", "b");
  away.add("b");
  start();
  clock.advance(2000);
  away.add("a");
  away.delete("b");
  clock.advance(2000);
  away.delete("a");
  clock.advance(2000);
  log.length = 0;
  clock.advance(3000);
  expect(calls()).toEqual(["a calls", "a calls", "a calls"]);
});

it("calls beside a process that hears no answers", () => {
  const { clock, calls, log, away, deaf, start } = setup("a", "b", "c");
  for (const name of ["b", "c"]) away.add(name);
  start();
  clock.advance(2000);
  away.clear();
  deaf.add("a");
  clock.advance(5000);
  log.length = 0;
  clock.advance(2000);
  expect(new Set(calls()).size).toBe(2);
});

it("answers once where several calls waited, and takes none of them for one that does not hear it", () => {
  const { clock, log, processes } = setup("b");
  const rounds = processes.get("b");
  rounds?.start();
  rounds?.onCall("a", false);
  clock.stall(20_000);
  const meaningful = Array.from({ length: 20 }, () => rounds?.onCall("a", false));
  expect(meaningful).not.toContain(false);
  expect(log).toEqual(["b answers a", "b answers a"]);
});

it("neither calls nor follows once it has stopped", () => {
  const { clock, log, processes } = setup("b");
  const rounds = processes.get("b");
  rounds?.start();
  expect(rounds?.isRunning).toBe(true);
  rounds?.stop();
  rounds?.onCall("a", false);
  clock.advance(10_000);
  expect(rounds?.isRunning).toBe(false);
  expect(log).toEqual(["b answers a"]);
});
