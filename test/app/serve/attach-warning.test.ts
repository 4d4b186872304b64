import { createServer } from "node:http";
import { SocketIO } from "roomcast";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AttachWarning } from "../../../src/app/serve/attach-warning.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { LogLines } from "../../support/log-lines.ts";

const words =
  /^warn The Express application that new SocketIO\(\) was given has not begun to serve clients\. /;

describe("AttachWarning", () => {
  it("warns once, when the application does not serve clients in time", () => {
    const clock = new FakeClock();
    const log = new LogLines();
    new AttachWarning("Express", log, clock);
    clock.advance(4_999);
    expect(log.lines).toEqual([]);
    clock.advance(60_000);
    expect(log.lines).toEqual([expect.stringMatching(words)]);
  });

  it("is silent once it is settled, and keeps no timer", () => {
    const clock = new FakeClock();
    const log = new LogLines();
    new AttachWarning("Express", log, clock).settle();
    expect(clock.timerCount).toBe(0);
    clock.advance(60_000);
    expect(log.lines).toEqual([]);
  });
});

describe("an application that new SocketIO() was given", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const logAfter = (use: (socketio: SocketIO) => unknown) => {
    const logger = new LogLines();
    use(new SocketIO(() => {}, { logger }));
    vi.advanceTimersByTime(60_000);
    return logger.lines;
  };

  it("is reminded of when nothing serves it", () => {
    expect(logAfter(() => {})).toEqual([expect.stringMatching(words)]);
  });

  it.each<[string, (socketio: SocketIO) => unknown]>([
    ["attach()", (socketio) => socketio.attach(createServer())],
    ["stop()", (socketio) => socketio.stop()],
    ["testClient()", (socketio) => socketio.testClient()],
    [
      "run()",
      async (socketio) => {
        await socketio.run({ port: 0 });
        await socketio.stop();
      },
    ],
  ])("is not reminded of after %s", (_, use) => {
    expect(logAfter(use).filter((line) => line.startsWith("warn"))).toEqual([]);
  });

  it("is not reminded of where there is none", () => {
    const logger = new LogLines();
    new SocketIO({ logger });
    vi.advanceTimersByTime(60_000);
    expect(logger.lines).toEqual([]);
  });
});
