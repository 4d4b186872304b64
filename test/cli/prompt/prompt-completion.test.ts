import { expect, it } from "vitest";
import { completeLine } from "../../../src/cli/prompt/prompt-completion.ts";

const seen = { events: new Set(["said", "say it", "typing"]), namespaces: ["/", "/chat"] };

it.each([
  ["e", ["emit ", "exit "], "e"],
  ["emit sa", ["said "], "sa"],
  ["wait t", ["typing "], "t"],
  ["call 'sa", ["'say it' "], "'sa"],
  ["namespace /c", ["/chat "], "/c"],
  ["emit said {", [], "{"],
  ["emit photo @src/cli/prom", ["@src/cli/prompt/"], "@src/cli/prom"],
  ["emit photo @packa", ["@package-lock.json ", "@package.json "], "@packa"],
  ["emit photo @nothing/here", [], "@nothing/here"],
  ["status x", [], "x"],
])("completes %s", (line, candidates, replaced) => {
  const [found, part] = completeLine(line, seen);
  expect([found.toSorted(), part]).toEqual([candidates, replaced]);
});
