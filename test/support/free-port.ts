/**
 * A free port, for a program that a test starts.
 *
 * It lies below the ports that systems hand out by themselves. Otherwise one of the many connections of other
 * tests could take it before the program does, since each connection has a port of its own.
 */

import { once } from "node:events";
import { createServer } from "node:net";

/** Linux hands out ports from 32 768 on, other systems from 49 152 on. */
const first = 12_000;
/** How many ports each test worker has for itself. */
const share = 2_000;
const shares = 10;

const worker = Number(process.env.VITEST_POOL_ID ?? process.pid) % shares;
let next = Math.floor(Math.random() * share);

/** A port of this machine that was free a moment ago, and that no other caller gets soon. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < share; tries += 1) {
    const port = first + worker * share + next;
    next = (next + 1) % share;
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${share} ports is free.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
