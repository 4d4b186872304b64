/**
 * Is loaded before the program that `roomcast dev` runs: has `run()` serve a dashboard, too, and tells the
 * parent the address. It imports nothing of this package: the program has its own copy.
 */

import cluster from "node:cluster";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** What the parent gives in the variable `ROOMCAST_DEV`. */
interface DevSettings {
  /** The program's file. */
  readonly file: string;
  readonly user: string;
  readonly password: string;
}

/** The part of a server that is used here. */
interface DevServer {
  dashboard(options: { auth: { username: string; password: string } }): unknown;
  run(...values: unknown[]): Promise<{ readonly url: string }>;
}

const settings = JSON.parse(process.env.ROOMCAST_DEV ?? "null") as DevSettings | null;
if (settings !== null) await prepare(settings);

async function prepare({ file, user, password }: DevSettings): Promise<void> {
  let path: string;
  try {
    path = createRequire(file).resolve("roomcast");
  } catch {
    // A program without Roomcast restarts as well.
    return;
  }
  const { SocketIO } = (await import(pathToFileURL(path).href)) as { SocketIO: { prototype: DevServer } };
  const { run } = SocketIO.prototype;
  SocketIO.prototype.run = async function (...values) {
    let dashboard = "";
    try {
      this.dashboard({ auth: { username: user, password } });
      dashboard = "/roomcast";
    } catch {
      // The program has a dashboard of its own, or something else at its path.
    }
    const address = await run.apply(this, values);
    if (cluster.isPrimary) process.send?.({ type: "roomcast dev", url: address.url, dashboard });
    return address;
  };
}
