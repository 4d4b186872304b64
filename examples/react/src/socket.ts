/** The page's one socket. It exists outside of React; components connect it and listen to it. */

import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "../events.ts";

localStorage.voter ??= crypto.randomUUID?.() ?? String(Math.random());

export const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io({
  autoConnect: false, // a component connects it
  auth: { voter: localStorage.voter },
});
