import { expect, it } from "vitest";
import { flaskRows } from "../../../../src/cli/migrate/migration-rows.ts";
import { flaskMethod, flaskOption, usedFlaskTitles } from "../../../../src/cli/migrate/python/flask-names.ts";

it("finds each of its rows in the page", () => {
  for (const title of usedFlaskTitles())
    expect(flaskRows.filter(([first]) => first.startsWith(title)).length, title).toBeGreaterThan(0);
});

it("finds an option in its own group", () => {
  expect(flaskOption("constructor", "json", "")?.verdict).toBe("missing");
  expect(flaskOption("emit", "json", "True")?.becomes).toBe("json");
  expect(flaskOption("run", "port", "5000")?.becomes).toBe("host, port");
  expect(flaskOption("constructor", "cors_allowed_origins", '"*"')?.becomes).toBe("cors: null");
  expect(flaskOption("constructor", "nonsense", "")).toBeUndefined();
  expect(flaskMethod("nonsense")).toBeUndefined();
});
