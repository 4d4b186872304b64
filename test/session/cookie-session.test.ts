import { expect, it } from "vitest";
import { cookieSession } from "../../src/session/cookie-session.ts";

it("reads the data of the cookie each time", async () => {
  let reads = 0;
  const session = cookieSession("iron-session", async () => ({ reads: ++reads }));
  expect([await session.read(), await session.read()]).toEqual([{ reads: 1 }, { reads: 2 }]);
});

it("refuses every write, names the library, and says where to change the session", async () => {
  const session = cookieSession("iron-session", async () => ({}));
  for (const [changed, removed] of [
    [{ user: "ada" }, []],
    [{}, ["user"]],
    [{}, []],
  ] as const) {
    await expect(session.write(changed, removed)).rejects.toMatchObject({
      code: "ERR_SESSION",
      message: expect.stringMatching(/^iron-session keeps this session in .* Change it in an HTTP request/),
    });
  }
});
