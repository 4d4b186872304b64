import { ConsoleLogger } from "@nestjs/common";
import { SubscribeMessage, WebSocketGateway } from "@nestjs/websockets";
import { describe, expect, it } from "vitest";
import { emit, request } from "../../src/index.ts";
import { RoomcastAdapter } from "../../src/nest/roomcast-adapter.ts";
import { decorate } from "./decorating.ts";
import { asRoomcastDoes, NestStage, runOnBoth } from "./nest-stage.ts";
import { programs } from "./programs.ts";

describe.each([["websocket"], ["polling"]])("Gateways of NestJS over %s", (transport) => {
  it.concurrent.each(Object.entries(programs))("see and send the same: %s", async (_what, program) => {
    const { stock, roomcast } = await runOnBoth(program, transport);
    expect(asRoomcastDoes(roomcast)).toEqual(asRoomcastDoes(stock));
    expect(Object.values(stock).flat().length).toBeGreaterThan(1);
  });
});

describe("new RoomcastAdapter()", () => {
  it.each([[{ close() {} }], [3000], ["app"]])(
    "refuses anything but an application or a server: %o",
    (given) => {
      expect(() => new RoomcastAdapter(given)).toThrow(
        expect.objectContaining({
          code: "ERR_APP",
          message: expect.stringContaining("takes the application of NestFactory.create()"),
        }),
      );
    },
  );

  it("gives Roomcast's options to each server, and a class that extends it changes them", async () => {
    class OwnAdapter extends RoomcastAdapter {
      override createIOServer(port: number, options = {}) {
        const io = super.createIOServer(port, { ...options, maxEventLength: 20 });
        io.use((socket, next) => next(socket.handshake.auth.token === "right" ? undefined : new Error("no")));
        io.roomcast.on("native", (value: number) => value + 1);
        return io;
      }
    }
    const stage = stageOf((app) => new OwnAdapter(app, { maxRooms: 5 }));
    await stage.start([gateway()]);
    stage.connect("ben");
    await stage.seen("ben", "refused no");
    const ann = await stage.client("ann", "/", { auth: { token: "right" } });
    await stage.ask("ann", ann, "native", 1);
    await stage.ask("ann", ann, "ambient");
    expect((await stage.end()).ann).toEqual([
      "connected",
      "native answers 2",
      "told <ann>",
      "ambient answers true",
      "disconnected io client disconnect",
    ]);
  });

  it("writes what fails into Nest's log, and goes on", async () => {
    const lines: string[] = [];
    class Log extends ConsoleLogger {
      override error(...values: unknown[]) {
        lines.push(values.map(String).join(" "));
      }
    }
    const stage = stageOf((app) => new RoomcastAdapter(app));
    await stage.start([gateway()], { logger: new Log("", { logLevels: ["error"] }) });
    const ann = await stage.client("ann");
    for (const event of ["unsendable", "reserved", "ambient"]) await stage.ask("ann", ann, event);
    expect((await stage.end()).ann).toContain("ambient answers true");
    expect(lines).toEqual([
      expect.stringMatching(/it holds a BigInt[\s\S]*RoomcastAdapter/),
      expect.stringMatching(/"disconnect" is a reserved event name[\s\S]*RoomcastAdapter/),
    ]);
  });
});

function stageOf(makeAdapter: (app: unknown) => RoomcastAdapter): NestStage {
  return new NestStage("websocket", makeAdapter);
}

/** A gateway whose handlers use Roomcast's functions, or give what cannot be sent. */
function gateway() {
  class Gateway {
    settle() {
      return "settled";
    }
    ambient() {
      emit("told", request.sid);
      return true;
    }
    unsendable() {
      return { value: 1n };
    }
    reserved() {
      return { event: "disconnect", data: 1 };
    }
  }
  const members = ["settle", "ambient", "unsendable", "reserved"].map((name) => [
    name,
    { own: [SubscribeMessage(name)] },
  ]);
  return decorate(Gateway, [WebSocketGateway()], Object.fromEntries(members));
}
