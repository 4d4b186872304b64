/** The bytes that subpaths for browsers add to a page, minified and compressed, without other packages. */

import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The subpaths, and the bytes that each may take. */
const budgets = { client: 5000, contract: 1000, msgpack: 4200, react: 1500 };

/** The hooks come on top of React and of the client, which pages have in any case. */
const withoutClient: Plugin = {
  name: "without the client",
  setup({ onResolve }) {
    onResolve({ filter: /^react$|\/browser\// }, ({ path }) => ({ path, external: true }));
  },
};

describe.each(Object.entries(budgets))("roomcast/%s", (name, budget) => {
  it(`takes at most ${budget} bytes, and nothing of Node`, async () => {
    const { outputFiles } = await build({
      entryPoints: [`${root}src/${name}.ts`],
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      target: "es2022",
      write: false,
      plugins: name === "react" ? [withoutClient] : [],
    });
    const [bundle] = outputFiles;
    expect(gzipSync(bundle?.contents ?? "", { level: 9 }).length).toBeLessThanOrEqual(budget);
  });
});
