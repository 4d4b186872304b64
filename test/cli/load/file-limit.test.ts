import { expect, it } from "vitest";
import { checkFileLimit } from "../../../src/cli/load/file-limit.ts";

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             30000                30000                processes
Max open files            1024                 20000                files
`;

it("says what to do when the test needs more files than it may have open", () => {
  expect(() => checkFileLimit(2000, () => limits)).toThrow(
    "This process may have 1024 files open, and the test needs 2050. Raise the limit first: ulimit -n 2050",
  );
  expect(() => checkFileLimit(900, () => limits)).not.toThrow();
});

it("says nothing where the limit is not known, or there is none", () => {
  expect(() => checkFileLimit(1e6, () => undefined)).not.toThrow();
  expect(() => checkFileLimit(1e6, () => "Max open files  unlimited  unlimited  files")).not.toThrow();
});
