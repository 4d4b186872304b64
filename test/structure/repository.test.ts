import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../src/base/errors.ts";
import { linkTargets } from "../support/links.ts";

const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const files = repositoryFiles();
const pages = files.filter((path) => path.endsWith(".md"));

/** Text that no file may hold, because it is true on one machine only. */
const local = {
  "a path in a home directory": /(?<![\w.@-])(\/(home|Users)\/[\w.-]+\/|\/root\/|[A-Z]:\\+Users\\)/,
  "a registry's host name":
    /\bregistry\.(\w[\w-]*\.)+(org|com|net|io|dev|cn)\b|\/\/(registry|npm|artifactory|nexus)[.-]/,
};

describe("the repository", () => {
  it("holds no path of a developer's machine and no registry's host name", () => {
    expect(files.flatMap((path) => localFaults(readFileSync(join(root, path), "utf8"), path))).toEqual([]);
  });

  it("locks packages by version and checksum, not by the address they came from", () => {
    const lock: unknown = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    expect(downloadAddresses(lock)).toEqual([]);
  });

  it("finds such text where it is", () => {
    const host = ["registry", "npmjs", "org"].join(".");
    expect(localFaults(`a\nsee ${["", "home", "me", "work"].join("/")}`, "a.md")).toEqual([
      "a.md:2 holds a path in a home directory",
    ]);
    expect(localFaults("cd /srv/copy/src", "a.md", "/srv/copy")).toEqual([
      "a.md:1 holds the path of this working copy",
    ]);
    expect(localFaults("get('/copy'); cd ../srv/copy", "a.md", "/srv/copy")).toEqual([]);
    expect(localFaults(`https://${host}/ws`, "a.md")).toEqual(["a.md:1 holds a registry's host name"]);
    expect(localFaults("import '../home/room/list.ts'; // /usr/bin/chromium", "a.ts")).toEqual([]);
    expect(downloadAddresses({ packages: { ws: { resolved: `https://${host}/ws.tgz` } } })).toEqual(["ws"]);
    expect(downloadAddresses({ packages: { ws: { version: "8.23.0" } } })).toEqual([]);
  });
});

describe("the sources", () => {
  it("escape names in texts for people by one function alone", () => {
    // This text goes to a broker; people do not read it.
    const record = "src/backplane/nats/jetstream-records.ts";
    const others = files.filter((path) => path.startsWith("src/") && path !== record);
    const escaping = /\$\{JSON\.stringify\(|\\p\{C[cf]\}/;
    expect(others.filter((path) => escaping.test(readFileSync(join(root, path), "utf8")))).toEqual([
      "src/base/printable.ts",
    ]);
  });
});

describe("docs/errors.md", () => {
  it("lists the codes and texts of src/base/errors.ts, and says what to do about each", () => {
    const rows = tableRows(readFileSync(join(root, "docs/errors.md"), "utf8"));
    expect(rows.map(([code, meaning]) => [code, meaning])).toEqual(Object.entries(errorCodes));
    expect(rows.filter(([, , remedy]) => !remedy)).toEqual([]);
  });
});

describe("the pages", () => {
  it("begin with a title, have a text below it, and have no second title", () => {
    const faults = pages.flatMap((path) => {
      const text = readFileSync(join(root, path), "utf8").replace(/^---\n[\s\S]*?\n---\n+/, "");
      const [first = "", ...rest] = text.replaceAll(/^( *)```[\s\S]*?^\1```/gm, "code").split("\n");
      if (!/^# \S/.test(first)) return `${path} does not begin with a title`;
      if (rest.every((line) => line.trim() === "" || line.startsWith("#"))) return `${path} is empty`;
      return rest.some((line) => line.startsWith("# ")) ? `${path} has two titles` : [];
    });
    expect(faults).toEqual([]);
  });

  it("link to files that exist", () => {
    expect(pages).toContain("docs/architecture.md");
    expect(pages.flatMap((path) => linkFaults(readFileSync(join(root, path), "utf8"), path))).toEqual([]);
  });

  it("are searched for links outside of code", () => {
    const text = [
      "[good](../LICENSE#a) [bad](missing.md) ![bad](missing.png) [far](https://example.com/x) [here](#top)",
      "`[code](missing.md)` [titled](gone.md 'Gone') <a href=\"lost.md\">",
      "```md\n[code](missing.md)\n```",
      "[reference]: ./nowhere.md",
    ].join("\n");
    expect(linkFaults(text, "docs/architecture.md")).toEqual(
      ["missing.md", "missing.png", "gone.md", "lost.md", "./nowhere.md"].map(
        (target) => `docs/architecture.md links to ${target}, which does not exist`,
      ),
    );
  });
});

/** Every text file that is in the repository, or would be after a commit. */
function repositoryFiles(): string[] {
  return listFiles().filter((path) => {
    const file = join(root, path);
    return existsSync(file) && statSync(file).isFile() && !readFileSync(file).includes(0);
  });
}

/** The files that Git lists. Without Git: every file outside of the folders that Git would ignore. */
function listFiles(): string[] {
  try {
    const command = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const list = execFileSync("git", ["-c", "safe.directory=*", ...command], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return [...new Set(list.split("\0"))].filter(Boolean);
  } catch {
    const ignored = readFileSync(join(root, ".gitignore"), "utf8").split(/\/?\n/);
    const top = readdirSync(root).filter((name) => name !== ".git" && !ignored.includes(name));
    return top.flatMap((name) =>
      statSync(join(root, name)).isDirectory()
        ? readdirSync(join(root, name), { recursive: true, encoding: "utf8" }).map((path) => join(name, path))
        : [name],
    );
  }
}

function localFaults(text: string, path: string, workingCopy = root): string[] {
  return text.split("\n").flatMap((line, index) => [
    ...Object.entries(local)
      .filter(([, pattern]) => pattern.test(line))
      .map(([what]) => `${path}:${index + 1} holds ${what}`),
    ...(holdsPath(line, workingCopy) ? [`${path}:${index + 1} holds the path of this working copy`] : []),
  ]);
}

/** A path of one folder, such as `/app`, is too short to tell from a URL's path. */
function holdsPath(line: string, path: string): boolean {
  if (path.split(/[/\\]/).length <= 2 || !line.includes(path)) return false;
  return !/[\w.@-]/.test(line[line.indexOf(path) - 1] ?? "");
}

function downloadAddresses(lock: unknown): string[] {
  const { packages } = lock as { packages: Record<string, { resolved?: string; link?: boolean }> };
  return Object.entries(packages).flatMap(([name, entry]) => (entry.resolved && !entry.link ? [name] : []));
}

/** The cells of a page's one table, without its head. */
function tableRows(markdown: string): string[][] {
  return markdown
    .split("\n")
    .filter((line) => /^\|.*\|$/.test(line.trim()))
    .slice(2)
    .map((line) => line.split("|").slice(1, -1))
    .map(([code = "", ...cells]) => [code.trim().replaceAll("`", ""), ...cells.map((cell) => cell.trim())]);
}

function linkFaults(markdown: string, path: string): string[] {
  return linkTargets(markdown)
    .filter((target) => !/^([a-z]+:|#|\/\/)/.test(target))
    .filter((target) => !existsSync(join(root, dirname(path), decodeURI(target.replace(/[#?].*$/, "")))))
    .map((target) => `${path} links to ${target}, which does not exist`);
}
