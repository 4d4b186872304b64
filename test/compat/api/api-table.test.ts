/** The list of socket.io's API is whole, and the bridge and its page are as the list says. */

import { readFileSync } from "node:fs";
import * as stock from "socket.io";
import { describe, expect, it } from "vitest";
import * as bridge from "../../../src/compat/index.ts";
import { refusedNames } from "../../../src/compat/refusals/refused-names.ts";
import { cluster } from "../programs/cluster.ts";
import { programs } from "../programs/programs.ts";
import { bridgeServer, Stage } from "../programs/stage.ts";
import { apiPage, pageWithTables } from "./api-page.ts";
import { apiTable } from "./api-table.ts";
import { declaredNames, exportedNames } from "./declared-names.ts";

const rows = Object.values(apiTable).flat();

describe("The list of socket.io's server API", () => {
  it.each([...declaredNames()])("has each public name that %s declares, once", (group, declared) => {
    const listed = (apiTable[group] ?? []).flatMap(({ names, added }) => (added === undefined ? names : []));
    expect(listed.toSorted()).toEqual([...declared].toSorted());
  });

  it("names programs for each name that is there in both", () => {
    const known = { ...programs, ...cluster };
    const tested = rows.filter(({ refused, added }) => refused === undefined && added === undefined);
    expect(tested.filter(({ shownBy }) => shownBy.length === 0)).toEqual([]);
    expect(rows.flatMap(({ shownBy }) => shownBy).filter((name) => !Object.hasOwn(known, name))).toEqual([]);
  });

  it("is what the reference page shows", () => {
    // To change the page: npx tsx test/compat/api/write-page.ts
    expect(readFileSync(apiPage, "utf8")).toBe(pageWithTables());
  });
});

describe("The bridge", () => {
  it("exports what socket.io exports", () => {
    const source = readFileSync(new URL("../../../src/compat/index.ts", import.meta.url), "utf8");
    const lists = [...source.matchAll(/^export (?:type )?\{([^}]+)\}/gm)].flatMap(([, list = ""]) =>
      list.split(",").map((each) => each.trim().split(" as ").at(-1) ?? ""),
    );
    expect(lists).toEqual(expect.arrayContaining([...exportedNames()]));
    expect(Object.keys(bridge)).toEqual(expect.arrayContaining(Object.keys(stock)));
  });

  it("answers each method that it does not have with an error that says what to do", async () => {
    const stage = new Stage(bridgeServer, { transports: ["websocket"] });
    await stage.run(async () => {
      const io = stage.serve();
      const connected = new Promise<stock.Socket>((resolve) => io.once("connection", resolve));
      await stage.join("ada");
      const { conn } = await connected;
      const objects: Record<keyof typeof refusedNames, object> = {
        Server: io,
        Engine: io.engine,
        Connection: conn,
        Transport: conn.transport,
        Adapter: io.of("/").adapter,
      };
      for (const [kind, names] of Object.entries(refusedNames)) {
        const object: object = objects[kind as keyof typeof objects];
        for (const [name, advice] of Object.entries(names)) {
          const method: unknown = Reflect.get(object, name);
          expect(() => (method as () => void).call(object), `${kind}.${name}`).toThrow(advice);
        }
      }
    });
  });
});
