import { expect, it } from "vitest";
import { missingPackage } from "../../src/base/missing-package.ts";

it("names the package, the command that installs it, and the reason why it could not be loaded", () => {
  const cause = new Error("Cannot find package 'iron-session'");
  expect(missingPackage("iron-session", cause)).toMatchObject({
    code: "ERR_MISSING_PACKAGE",
    message: 'The package "iron-session" could not be imported. Install it with: npm install iron-session',
    cause,
  });
});
