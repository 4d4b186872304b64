import { expect, it } from "vitest";
import { CookieJar } from "../../../src/client/node/cookie-jar.ts";

it("keeps the last value of each cookie", () => {
  const jar = new CookieJar();
  jar.take(undefined);
  expect(jar.header).toBe("");
  jar.take(["io=1; Path=/; HttpOnly", "route=a=b; Secure", "broken"]);
  jar.take(["io=2"]);
  expect(jar.header).toBe("io=2; route=a=b");
});
