import { expect, it } from "vitest";
import { nameClass } from "../../src/compat/class-name.ts";

it("names a class and its instances, but no class that extends it", () => {
  class BridgeThing {}
  nameClass(BridgeThing, "Thing");
  expect([BridgeThing.name, new BridgeThing().constructor.name]).toEqual(["Thing", "Thing"]);
  class Own extends BridgeThing {}
  expect(new Own().constructor.name).toBe("Own");
});
