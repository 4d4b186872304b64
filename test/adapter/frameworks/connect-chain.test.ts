import { describe, expect, it } from "vitest";
import { connectChain } from "../../../src/adapter/frameworks/connect-chain.ts";
import type { FrameworkFunction } from "../../../src/adapter/frameworks/request-chain.ts";
import { passing, textOf } from "./passing.ts";

const pass: FrameworkFunction = (_req, _res, proceed) => proceed();

describe("Functions of request, response and next", () => {
  it("run one after the other, also where the runtime has no request of Node's", async () => {
    const calls: string[] = [];
    const chain = connectChain(
      [
        (req, _res, proceed) => {
          calls.push(`first ${req.headers.host} ${req.socket.encrypted}`);
          setImmediate(proceed);
        },
        (req, _res, proceed) => {
          calls.push("second");
          req.user = "ada";
          proceed();
          proceed(new Error("twice counts once"));
        },
      ],
      null,
    );
    const result = await chain(passing());
    expect(calls).toEqual(["first example.com true", "second"]);
    expect(result).toMatchObject({ type: "passed", headers: {}, http: { user: "ada" } });
  });

  it("are left out by the two words of Express", async () => {
    const never: FrameworkFunction = () => expect.unreachable();
    for (const word of ["route", "router"]) {
      const leave: FrameworkFunction = (_req, _res, proceed) => proceed(word);
      expect(await connectChain([leave], null)(passing())).toMatchObject({ type: "passed" });
    }
    const answer: FrameworkFunction = (_req, res) => res.end("mine");
    expect(textOf(await connectChain([answer, never], null)(passing()))).toBe("mine");
  });

  it.each<[string, FrameworkFunction]>([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    [
      "rejects",
      async () => {
        throw new Error("broken");
      },
    ],
    ["hands it on", (_req, _res, proceed) => proceed(new Error("broken"))],
  ])("end with status 500 where one %s an error, and the reason is for the log alone", async (_how, fail) => {
    const given = passing();
    const result = await connectChain([pass, fail], null)(given);
    expect(result).toMatchObject({ type: "answered", response: { status: 500 } });
    expect(textOf(result)).toBe('{"code":3,"message":"Internal Server Error"}');
    expect(given.errors).toMatchObject([{ message: "broken" }]);
  });

  it.each([
    [{ status: 403, message: "banned" }, 403, "banned", 0],
    [{ statusCode: 401, message: "secret", expose: false }, 401, "Unauthorized", 0],
    [{ status: 503, message: "come back", expose: true }, 503, "come back", 1],
    [{ status: 200, message: "odd" }, 500, "Internal Server Error", 1],
    ["a text", 500, "Internal Server Error", 1],
  ])("end with the status of the error %o", async (error, status, message, logged) => {
    const given = passing();
    const fail: FrameworkFunction = (_req, res, proceed) => {
      res.setHeader("x-set", "before");
      proceed(error);
    };
    const result = await connectChain([fail], null)(given);
    expect(result).toMatchObject({ response: { status } });
    expect(JSON.parse(textOf(result))).toMatchObject({ message });
    expect(JSON.stringify(result)).not.toContain("x-set");
    expect(given.errors).toHaveLength(logged);
  });

  it("sends the fields that an error names", async () => {
    const headers = { "www-authenticate": "Basic" };
    const fail: FrameworkFunction = (_req, _res, proceed) =>
      proceed({ status: 401, message: "who?", headers });
    expect(await connectChain([fail], null)(passing())).toMatchObject({ response: { headers } });
  });
});
