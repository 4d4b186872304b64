/** Debian's nginx with several sites, each on a port of its own and configured by a test. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { deadline } from "./waiting.ts";

/** What a test says of its sites. */
export interface NginxSites {
  /** Lines for the block `http`, such as upstreams. */
  readonly shared?: string;
  /** The content of the block `server` of each site, by name. */
  readonly sites: Readonly<Record<string, string>>;
}

/** A running nginx. */
export class Nginx {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #ports: ReadonlyMap<string, number>;

  private constructor(process: ChildProcess, folder: string, ports: ReadonlyMap<string, number>) {
    this.#process = process;
    this.#folder = folder;
    this.#ports = ports;
  }

  /** Starts it; the caller stops it. `FOLDER` in a configuration is a folder for its files. */
  static async start({ shared = "", sites }: NginxSites): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), "roomcast-nginx-"));
    const ports = new Map<string, number>();
    for (const name of Object.keys(sites)) ports.set(name, await freePort());
    const servers = Object.entries(sites).map(
      ([name, content]) => `server { listen 127.0.0.1:${ports.get(name)}; ${content} }`,
    );
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    // Its workers write to the folder, too.
    const user = process.getuid?.() === 0 ? "user root;" : "";
    const text = `${user} daemon off; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
      events { worker_connections 500; }
      http { ${temporary.join(" ")} access_log off; ${shared} ${servers.join("\n")} }`;
    writeFileSync(join(folder, "nginx.conf"), text.replaceAll("FOLDER", folder));
    // nginx would take this variable for the sockets of an nginx that ran before it.
    const { NGINX: program = "/usr/sbin/nginx", ...env } = process.env;
    const child = spawn(program, ["-c", join(folder, "nginx.conf"), "-e", join(folder, "error.log")], {
      stdio: "ignore",
      env,
    });
    child.once("error", () => {}); // the wait below fails with what nginx says
    const nginx = new Nginx(child, folder, ports);
    const end = performance.now() + deadline;
    const [first = 0] = ports.values();
    while (!(await isOpen(first))) {
      if (child.exitCode !== null || performance.now() > end) {
        const log = join(folder, "error.log");
        const words = existsSync(log) ? readFileSync(log, "utf8") : "";
        await nginx.stop();
        throw new Error(`nginx did not start. ${words}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return nginx;
  }

  /** The URL of a site. */
  url(site: string): string {
    const port = this.#ports.get(site);
    if (port === undefined) throw new Error(`There is no site ${site}.`);
    return `http://127.0.0.1:${port}`;
  }

  /** Ends nginx, and removes its files. */
  async stop(): Promise<void> {
    if (this.#process.pid !== undefined && this.#process.exitCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
