import { expect, it } from "vitest";
import { Turn } from "../../../src/core/socket/turn.ts";
import { loneSocket } from "../lone-socket.ts";

it("acts on each socket once, and not again on one that it has acted on early", () => {
  const [first, second] = [loneSocket().socket, loneSocket().socket];
  const acted: unknown[] = [];
  const turn = new Turn([first, second, first], (socket) => void acted.push(socket));
  turn.takeFor(second);
  expect(acted).toEqual([second]);
  turn.take();
  turn.take();
  expect(acted).toHaveLength(2);
  expect(acted[1]).toBe(first);
});

it("leaves alone a socket that it was not made for", () => {
  const acted: unknown[] = [];
  new Turn([], (socket) => void acted.push(socket)).takeFor(loneSocket().socket);
  expect(acted).toEqual([]);
});
