/** Which names of socket.io's API each program has used. */

import { apiTable } from "./api-table.ts";

/** What the programs of one test file have used on stock socket.io. */
export class Touches {
  readonly #names = new Map<string, Set<string>>();

  /** The names that a program has used so far, to add to. */
  of(program: string): Set<string> {
    let names = this.#names.get(program);
    if (names === undefined) {
      names = new Set();
      this.#names.set(program, names);
    }
    return names;
  }

  /**
   * The rows of the table that these programs do not bear out: a name that none of its programs uses, where
   * all of them have run, or a program that uses no name of its row.
   */
  contradictions(): readonly string[] {
    const found: string[] = [];
    for (const [group, rows] of Object.entries(apiTable)) {
      for (const { names, shownBy } of rows) {
        const ran = shownBy.filter((program) => this.#names.has(program));
        const uses = (program: string, name: string) => this.of(program).has(`${group}.${name}`);
        for (const program of ran)
          if (!names.some((name) => uses(program, name)))
            found.push(`"${program}" uses none of ${group}: ${names.join(", ")}`);
        if (ran.length === 0 || ran.length < shownBy.length) continue;
        for (const name of names)
          if (!ran.some((program) => uses(program, name)))
            found.push(`${group}.${name} is not used by ${shownBy.join(", ")}`);
      }
    }
    return found;
  }

  /** All names with the programs that use them, for a new row of the table. */
  list(): readonly string[] {
    return [...this.#names].flatMap(([program, names]) => [...names].map((name) => `${name}\t${program}`));
  }
}
