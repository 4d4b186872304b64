import { describe, expect, it } from "vitest";
import { refuseOldMethods } from "../../src/app/old-methods.ts";

describe("refuseOldMethods()", () => {
  it("has a class refuse the methods, and lets its subclasses have them", () => {
    class Server {}
    refuseOldMethods(Server);
    const close = Reflect.get(new Server(), "close") as () => void;
    expect(close).toThrow(
      expect.objectContaining({
        code: "ERR_OPTION",
        message: expect.stringContaining("Here it is await socketio.stop()."),
      }),
    );
    expect(Object.keys(Server.prototype)).toEqual([]);
    class Own extends Server {
      close() {
        return "closed";
      }
    }
    expect(new Own().close()).toBe("closed");
  });
});
