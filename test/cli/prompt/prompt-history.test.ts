import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { historyPath, PromptHistory } from "../../../src/cli/prompt/prompt-history.ts";

const folder = mkdtempSync(join(tmpdir(), "roomcast-history-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("keeps lines for the next prompt, readable by their owner alone, without tokens", () => {
  const path = historyPath({ XDG_STATE_HOME: folder });
  const history = new PromptHistory(path);
  expect(history.lines).toEqual([]);
  history.store([
    "emit b",
    'auth {"token":"secret"}',
    'namespace /a {"token":"secret"}',
    "namespace /a",
    "emit a",
  ]);
  expect(new PromptHistory(path).lines).toEqual(["emit b", "namespace /a", "emit a"]);
  if (process.platform !== "win32") expect(statSync(path ?? "").mode & 0o777).toBe(0o600);
});

it("keeps nothing where there is no place for it", () => {
  expect(historyPath({})).toBeUndefined();
  new PromptHistory(undefined).store(["emit a"]);
  new PromptHistory("/dev/null/history").store(["emit a"]);
});
