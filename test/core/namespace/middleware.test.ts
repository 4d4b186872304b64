import { describe, expect, it, vi } from "vitest";
import { type MiddlewareFunction, runMiddleware } from "../../../src/core/namespace/middleware.ts";

describe("runMiddleware", () => {
  it("runs the functions one inside the other, and the handler in the middle", async () => {
    const order: string[] = [];
    const around =
      (name: string): MiddlewareFunction<null> =>
      async (_context, next) => {
        order.push(`${name} begins`);
        const result = await next();
        order.push(`${name} ends`);
        return result;
      };
    const result = await runMiddleware([around("outer"), around("inner")], null, () => {
      order.push("handler");
      return 42;
    });
    expect(result).toBe(42);
    expect(order).toEqual(["outer begins", "inner begins", "handler", "inner ends", "outer ends"]);
  });

  it("calls the handler where there is nothing around it", async () => {
    await expect(runMiddleware([], null, async () => "done")).resolves.toBe("done");
  });

  it("gives every function the same context, and each can change the result", async () => {
    const context = { tags: [] as string[] };
    const tag =
      (name: string): MiddlewareFunction<typeof context> =>
      async ({ tags }, next) => {
        tags.push(name);
        return `${name}(${await next()})`;
      };
    await expect(runMiddleware([tag("a"), tag("b")], context, () => "x")).resolves.toBe("a(b(x))");
    expect(context.tags).toEqual(["a", "b"]);
  });

  it("leaves the handler uncalled when a function does not go on", async () => {
    const handler = vi.fn();
    await expect(runMiddleware([() => "stopped"], null, handler)).resolves.toBe("stopped");
    expect(handler).not.toHaveBeenCalled();
  });

  it("lets a function catch the errors of the functions inside it", async () => {
    const catching: MiddlewareFunction<null> = async (_context, next) => {
      try {
        return await next();
      } catch (error) {
        return `caught ${error}`;
      }
    };
    const fail = () => {
      throw "an error";
    };
    await expect(runMiddleware([catching], null, fail)).resolves.toBe("caught an error");
    await expect(runMiddleware([catching, fail], null, () => {})).resolves.toBe("caught an error");
    await expect(runMiddleware([catching], null, () => Promise.reject("no"))).resolves.toBe("caught no");
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("middleware");
      },
    ],
    ["rejects", () => Promise.reject(new Error("middleware"))],
  ])("rejects when a function %s", async (_how, fail) => {
    await expect(runMiddleware([fail], null, () => {})).rejects.toThrow("middleware");
  });

  it("refuses a second next()", async () => {
    const handler = vi.fn();
    const twice: MiddlewareFunction<null> = async (_context, next) => {
      await next();
      await next();
    };
    await expect(runMiddleware([twice], null, handler)).rejects.toThrow("next() was called more than once");
    expect(handler).toHaveBeenCalledOnce();
  });

  it("refuses a second next() that is not awaited, too", async () => {
    const twice: MiddlewareFunction<null> = (_context, next) => {
      void next();
      void next();
    };
    await expect(runMiddleware([twice], null, () => {})).rejects.toThrow("next() was called more than once");
  });

  it("waits for a next() that its function forgot to wait for", async () => {
    const order: string[] = [];
    const forgetful: MiddlewareFunction<null> = (_context, next) => {
      void next();
      order.push("middleware ends");
    };
    await runMiddleware([forgetful], null, async () => {
      await Promise.resolve();
      order.push("handler ends");
    });
    expect(order).toEqual(["middleware ends", "handler ends"]);
  });

  it("rejects with what a next() failed with that its function forgot to wait for", async () => {
    const forgetful: MiddlewareFunction<null> = (_context, next) => void next();
    await expect(
      runMiddleware([forgetful], null, () => Promise.reject(new Error("handler"))),
    ).rejects.toThrow("handler");
  });
});
