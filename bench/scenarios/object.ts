/** The scenario `echo` with an object of three fields, for what a check of its values costs. */

import type { Load } from "../load/load.ts";
import { RequestLoop } from "../load/request-loop.ts";
import { echo } from "./echo.ts";
import { payload, type Scenario, type Size } from "./scenario.ts";

const message = { room: "kitchen", text: payload, count: 5 };

/** Not one of those that run by default: to servers without contracts it is `echo`. */
export const object: Scenario = {
  ...echo,
  name: "object",
  description: "100 connections, each with an object of three fields in flight, sent back by its handler",
  socketIoOnly: true,
  async run(load: Load, { connections, messages, warmUp, window }: Size) {
    const frames = load.dialect.event("echo", message);
    const loop = new RequestLoop(await load.connect(connections), { frames, answers: 1, window });
    await load.settled(loop.run(warmUp));
    return load.measure(messages, (latencies) => loop.run(messages, latencies));
  },
};
