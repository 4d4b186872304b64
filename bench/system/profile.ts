/** Reads the output of Node's profiler: the functions in which a server spent its time. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The functions of one process. */
export interface Profile {
  readonly program: string;
  /** The functions that took most, with their share of the busy time. */
  readonly functions: readonly { readonly name: string; readonly share: number }[];
}

/** A file of `--cpu-prof`. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Reads all profiles in a folder. */
export function hottest(folder: string, count: number): Profile[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".cpuprofile")) : [];
  return files.sort().map((file) => {
    const profile = JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile;
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
    const times = new Map<string, number>();
    let busy = 0;
    for (const [index, id] of profile.samples.entries()) {
      const name = names.get(id) ?? "";
      const time = profile.timeDeltas[index] ?? 0;
      if (name === "(idle)") continue;
      busy += time;
      times.set(name, (times.get(name) ?? 0) + time);
    }
    const functions = [...times]
      .sort(([, a], [, b]) => b - a)
      .slice(0, count)
      .map(([name, time]) => ({ name, share: time / busy }));
    const program = profile.nodes.find(({ callFrame }) => callFrame.url.includes("/bench/servers/"))
      ?.callFrame.url;
    return { program: program?.split("/").at(-1) ?? file, functions };
  });
}

function describe({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  return `${name} ${url.replace(/^.*\/(dist|node_modules|servers)\//, "")}:${lineNumber + 1}`;
}
