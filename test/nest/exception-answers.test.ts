import { EventEmitter } from "node:events";
import { BadRequestException, type PipeTransform, UsePipes } from "@nestjs/common";
import { Ack, MessageBody, SubscribeMessage, WebSocketGateway, WsException } from "@nestjs/websockets";
import { describe, expect, it } from "vitest";
import type { Socket } from "../../src/compat/index.ts";
import { answerExceptions, handleMessage } from "../../src/nest/exception-answers.ts";
import { RoomcastAdapter } from "../../src/nest/roomcast-adapter.ts";
import { decorate } from "./decorating.ts";
import { NestStage } from "./nest-stage.ts";
import { guarded } from "./programs.ts";

/** A client in memory, and the answers of its messages. */
function client() {
  const socket = new EventEmitter() as unknown as Socket;
  answerExceptions(socket);
  const answers: unknown[] = [];
  const handle = (work: () => unknown) => handleMessage(socket, (exception) => answers.push(exception), work);
  return { socket, answers, handle };
}

describe("The event exception", () => {
  it("answers the message that is being handled, also later, and is sent all the same", async () => {
    const { socket, answers, handle } = client();
    const sent: unknown[] = [];
    socket.on("exception", (value: unknown) => sent.push(value));
    handle(() => socket.emit("exception", "at once"));
    await handle(async () => {
      await Promise.resolve();
      socket.emit("exception", "later");
    });
    expect(answers).toEqual(["at once", "later"]);
    expect(sent).toEqual(answers);
  });

  it("answers none where it goes to another client, has another name, or nothing is handled", () => {
    const [ann, ben] = [client(), client()];
    ann.handle(() => ben.socket.emit("exception", "for Ben"));
    ann.handle(() => ann.socket.emit("news", "no exception"));
    ann.socket.emit("exception", "of a timer");
    expect([ann.answers, ben.answers]).toEqual([[], []]);
  });
});

/** A gateway whose pipe refuses as Nest's ValidationPipe does, and one that acknowledges itself. */
function validating() {
  class Refusing implements PipeTransform {
    transform(): never {
      throw new BadRequestException(["text must be a string"]);
    }
  }
  class Gateway {
    settle() {
      return "settled";
    }
    validated(value: unknown) {
      return value;
    }
    manual(_value: unknown, ack: (value: string) => void) {
      ack("mine");
      throw new WsException("too late");
    }
    forgotten() {
      throw new WsException("not acknowledged");
    }
  }
  return decorate(Gateway, [WebSocketGateway()], {
    settle: { own: [SubscribeMessage("settle")] },
    validated: {
      own: [UsePipes(new Refusing()), SubscribeMessage("validated")],
      params: [MessageBody()],
      types: [String],
    },
    manual: { own: [SubscribeMessage("manual")], params: [MessageBody(), Ack()] },
    forgotten: { own: [SubscribeMessage("forgotten")], params: [MessageBody(), Ack()] },
  });
}

const unknown = '"message":"Internal server error"';

describe("A message whose handler fails", () => {
  it.each(["websocket", "polling"])("is answered with its exception over %s", async (transport) => {
    const stage = new NestStage(transport, (app) => new RoomcastAdapter(app));
    await stage.start([guarded(stage.log), validating()]);
    const ann = await stage.client("ann");
    const heardOf = async (event: string, value: unknown) => {
      const answer = await ann.timeout(15_000).emitWithAck(event, value);
      return JSON.stringify(answer);
    };
    expect(await heardOf("fails", 1)).toContain(unknown);
    expect(await heardOf("rejects", 1)).toContain('"message":"refused"');
    expect(await heardOf("details", 1)).toContain('"why":"because"');
    expect(await heardOf("doubled", "two")).toContain('"message":"a number, please"');
    expect(await heardOf("guarded", "stranger")).toContain('"message":"Forbidden resource"');
    expect(await heardOf("validated", 1)).toContain('"status":"error"');
    expect(await heardOf("forgotten", 1)).toContain('"message":"not acknowledged"');
    // The first acknowledgement counts.
    expect(await heardOf("manual", 1)).toBe('"mine"');
    expect(await heardOf("streams", 1)).toBe('"first"');
    await stage.settle(ann);
    const exceptions = (await stage.end()).ann?.filter((line) => line.startsWith("exception"));
    expect(exceptions).toHaveLength(9);
  });

  it("is answered as a class that extends the adapter says", async () => {
    class OwnAdapter extends RoomcastAdapter {
      protected override answerException(exception: unknown, ack: (...values: unknown[]) => unknown) {
        ack({ failed: (exception as Error).message });
      }
    }
    const stage = new NestStage("websocket", (app) => new OwnAdapter(app));
    await stage.start([guarded(stage.log)]);
    const ann = await stage.client("ann");
    expect(await ann.timeout(15_000).emitWithAck("rejects")).toEqual({ failed: "refused" });
    await stage.end();
  });
});
