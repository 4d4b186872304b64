import { describe, expect, it } from "vitest";
import {
  socketIoOption,
  socketIoPackage,
  usedTitles,
} from "../../../../src/cli/migrate/javascript/socketio-names.ts";
import { socketIoRows } from "../../../../src/cli/migrate/migration-rows.ts";

describe("the rows of the page", () => {
  it("are found by the beginning of their titles, one each", () => {
    for (const title of usedTitles())
      expect(
        socketIoRows.filter(([first]) => first.startsWith(title)),
        title,
      ).toHaveLength(1);
  });

  it("about the server and its sockets all have a name that leads to them", () => {
    const titles = socketIoRows.map(([title]) => title);
    const [first, last] = [titles.indexOf("`io.close()`"), titles.indexOf("`socket.recovered`")];
    const options = (title: string) => socketIoOption(/^`(\w+)/.exec(title)?.[1] ?? "") !== undefined;
    const byValues = [
      "`io.of(/^",
      "`io.of((name",
      "`socket.emit(event, data, callback)",
      "`io.in(room).socketsLeave",
    ];
    const unused = titles
      .slice(first, last + 1)
      .filter((title) => !usedTitles().some((used) => title.startsWith(used)) && !options(title))
      .filter((title) => !byValues.some((start) => title.startsWith(start)));
    expect(unused).toEqual([]);
  });
});

it.each([
  ["cors", "changes"],
  ["pingTimeout", "same"],
  ["allowRequest", "changes"],
  ["wsEngine", "missing"],
])("knows the option %s, which has the verdict %s", (name, verdict) => {
  expect(socketIoOption(name)?.verdict).toBe(verdict);
});

it("knows packages around Socket.IO, and how they do on the bridge", () => {
  expect(socketIoPackage("@socket.io/redis-adapter")?.bridge).toContain("redis-adapter");
  expect(socketIoPackage("@socket.io/mongo-adapter")?.bridge).toContain("an error");
  expect(socketIoPackage("@socket.io/admin-ui")?.becomes).toBe("socketio.instrument(options)");
  expect(socketIoPackage("express")).toBeUndefined();
  expect(socketIoOption("nonsense")).toBeUndefined();
});
