/** The recordings in docs/command-line.md show what the program prints today. */

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  masked,
  maskedFigures,
  maskedTables,
  recordConnect,
  recordDoctor,
  recordLoad,
  recordMigrate,
  recordTop,
} from "../support/recordings.ts";

const page = readFileSync(new URL("../../docs/command-line.md", import.meta.url), "utf8");

function recorded(name: string): string[] {
  const [, text = ""] =
    new RegExp(`<!-- recording: ${name} -->\\n\\n\`\`\`text\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  return text.trimEnd().split("\n");
}

it("a conversation is recorded as it is", async () => {
  expect(masked(await recordConnect()), "run `npm run recordings`").toEqual(masked(recorded("connect")));
});

it.skipIf(process.env.ROOMCAST_SKIP_NGINX)("an examination is recorded as it is", async () => {
  expect(masked(await recordDoctor()), "run `npm run recordings`").toEqual(masked(recorded("doctor")));
});

it("live tables are recorded as they are", async () => {
  expect(maskedTables(await recordTop()), "run `npm run recordings`").toEqual(maskedTables(recorded("top")));
});

it("the uses of a program are recorded as they are", async () => {
  expect(await recordMigrate(), "run `npm run recordings`").toEqual(recorded("migrate"));
});

it("a load test is recorded as it is", async () => {
  const lines = maskedFigures(await recordLoad());
  expect(lines, "run `npm run recordings`").toEqual(maskedFigures(recorded("load")));
});
