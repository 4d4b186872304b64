/** The site: the pages of docs/ as they are, README as the home page, and no request to another host. */

import { copyFileSync, createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type DefaultTheme, defineConfig, type MarkdownOptions, type Plugin } from "vitepress";
import { editPattern, homes, isChinese, isOnSite, siteFile, siteLink } from "../addresses.ts";
import { siteBase } from "../base.ts";
import { readContents, summaryOf, titleOf } from "../contents.ts";
import { anchorOf } from "../headings.ts";
import { chinesePages, chineseSidebar, menus, sidebar } from "../navigation.ts";
import { words } from "../words.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const isFolder = (path: string) => statSync(join(root, path)).isDirectory();

const contents = readContents(read);
const { version } = JSON.parse(read("package.json")) as { version: string };
const project = "https://github.com/roomcast/roomcast";

/** Everything but docs/ and the home pages. */
const excluded = readdirSync(root, { withFileTypes: true })
  .filter(({ name }) => name !== homes.en && name !== "docs" && name !== "site")
  .map((entry) => (entry.isDirectory() ? `${entry.name}/**` : entry.name))
  .concat("site/!(home.zh-TW.md)", "site/*/**");
const homePages: readonly string[] = Object.values(homes);

/** Files that the site serves as they are, for tools that write code. */
const served = ["llms.txt", "SKILL.md"];

type MarkdownIt = Parameters<NonNullable<MarkdownOptions["config"]>>[0];
type Token = ReturnType<MarkdownIt["parse"]>[number];

/** Leads links to where the files stand on the site, and gives the head of a home page to the layout. */
function adaptPages(markdown: MarkdownIt): void {
  // GitHub links addresses that begin with a scheme, and leaves "socket.io" alone.
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  markdown.core.ruler.push("site", ({ env, tokens }) => {
    const page = relative(root, env.realPath ?? env.path).replaceAll(sep, "/");
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const target = token.type === "link_open" ? token.attrGet("href") : null;
      if (target !== null) token.attrSet("href", siteLink(target, page, isFolder));
    }
    nameCells(tokens);
    if (homePages.includes(page)) {
      const end = tokens.findIndex(({ type }) => type === "paragraph_close");
      tokens.splice(0, end + 1);
    }
  });
}

/** Gives each cell of a table the name of its column: on a phone the style sheet shows it beside the text. */
function nameCells(tokens: readonly Token[]): void {
  let columns: string[] = [];
  let column = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.type === "thead_open") columns = [];
    else if (token.type === "th_open") columns.push(tokens[index + 1]?.content.replaceAll("`", "") ?? "");
    else if (token.type === "tr_open") column = 0;
    else if (token.type === "td_open") token.attrSet("data-column", columns[column++] ?? "");
  }
}

/** Colours code to its end, also on a busy machine: Shiki gives up a line after half a second otherwise. */
const colourAll: NonNullable<MarkdownOptions["codeTransformers"]>[number] = {
  name: "roomcast:no-time-limit",
  preprocess(_code, options) {
    options.tokenizeTimeLimit = 0;
  },
};

/** What a home page shows first: its title and its first paragraph, which a colon divides. */
function homeFrontmatter(page: string) {
  const markdown = read(page);
  const [text = "", tagline = ""] = summaryOf(markdown).split(/: ?|：/);
  const to = (path: string) => siteLink(path, homes.en, isFolder);
  const [start, tutorial, third] = isChinese(page)
    ? [
        { text: "開始使用", link: to("docs/getting-started.zh-TW.md") },
        { text: "教學", link: to("docs/tutorial.zh-TW.md") },
        { text: "API 參考（英文）", link: to("docs/reference/README.md") },
      ]
    : [
        { text: "Getting started", link: to("docs/getting-started.md") },
        { text: "Tutorial", link: to("docs/tutorial.md") },
        { text: "API reference", link: to("docs/reference/README.md") },
      ];
  return {
    layout: "home",
    hero: {
      name: titleOf(markdown),
      text,
      tagline: tagline.charAt(0).toUpperCase() + tagline.slice(1),
      actions: [
        { theme: "brand", ...start },
        { theme: "alt", ...tutorial },
        { theme: "alt", ...third },
      ],
    },
  };
}

/** Serves the files for tools while pages are written; the build copies them. */
const serveFiles: Plugin = {
  name: "roomcast:files",
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      const file = served.find((name) => request.url === `${server.config.base}${name}`);
      if (file === undefined) return next();
      response.setHeader("content-type", "text/plain; charset=utf-8");
      createReadStream(join(root, file)).pipe(response);
    });
  },
};

/** Finds Vue for the pages, which do not stand beside the site's packages. */
const findVue: Plugin = {
  name: "roomcast:vue",
  enforce: "pre",
  resolveId(name, importer, { ssr }) {
    if (!/^vue(?:\/|$)/.test(name)) return;
    // What draws the pages in Node stands in the site's folder, and imports it from there.
    if (ssr) return { id: name, external: true };
    if (!importer?.endsWith(".md")) return;
    return this.resolve(name, join(root, "site/package.json"), { skipSelf: true });
  },
};

/** VitePress has one index, since no page lies in a folder of its language: both languages search it. */
const searchBothLanguages: Plugin = {
  name: "roomcast:search",
  enforce: "post",
  transform(code, id) {
    if (id !== "/@localSearchIndex") return;
    const both = code.replace(/"root": ?(\(\) => import\([^)]*\))/, '$&, "zh-TW": $1');
    return both === code ? this.error("VitePress names its search index in another way than before.") : both;
  },
};

const logo = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 .3a12 12 0 0 0-3.8 23.4c.6.1.8-.3.8-.6v-2c-3.3.7-4-1.6-4-1.6-.6-1.4-1.4-1.8-1.4-1.8-1-.7.1-.7.1-.7 1.2 0 1.9 1.2 1.9 1.2 1 1.8 2.8 1.3 3.5 1 0-.8.4-1.3.7-1.6-2.7-.3-5.5-1.3-5.5-6 0-1.2.5-2.3 1.3-3.1-.2-.4-.6-1.6 0-3.2 0 0 1-.3 3.4 1.2a11.5 11.5 0 0 1 6 0c2.3-1.5 3.3-1.2 3.3-1.2.6 1.6.2 2.8 0 3.2.9.8 1.3 1.9 1.3 3.2 0 4.6-2.8 5.6-5.5 5.9.5.4.9 1 .9 2.2v3.3c0 .3.1.7.8.6A12 12 0 0 0 12 .3"/></svg>`;

/** One sender, and the two that hear it. */
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0969da"/><path d="M9 16 23 9M9 16l14 7" stroke="#fff" stroke-width="2.5"/><g fill="#fff"><circle cx="9" cy="16" r="4"/><circle cx="23" cy="9" r="3.5"/><circle cx="23" cy="23" r="3.5"/></g></svg>`;

const common: DefaultTheme.Config = {
  siteTitle: "Roomcast",
  socialLinks: [{ icon: { svg: logo }, link: project, ariaLabel: "GitHub" }],
  // Most pages have no translation; those that have one link to it.
  i18nRouting: false,
  externalLinkIcon: false,
};

export default defineConfig({
  srcDir: "..",
  srcExclude: excluded,
  outDir: "./dist",
  cacheDir: "./node_modules/.cache/vitepress",
  rewrites: siteFile,
  base: siteBase(),
  cleanUrls: true,
  // Addresses of the reader's own server.
  ignoreDeadLinks: [/^http:\/\/localhost\b/],
  title: "Roomcast",
  description: summaryOf(read(homes.en)),
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  markdown: {
    attrs: { disable: true },
    languageAlias: { caddyfile: "nginx" },
    anchor: { slugify: anchorOf },
    codeTransformers: [colourAll],
    config: adaptPages,
  },
  transformPageData(page) {
    if (!isOnSite(page.filePath)) return;
    const markdown = read(page.filePath);
    if (homePages.includes(page.filePath))
      return { title: "Roomcast", titleTemplate: ":title", frontmatter: homeFrontmatter(page.filePath) };
    return { description: page.description || summaryOf(markdown) };
  },
  buildEnd({ outDir }) {
    for (const file of served) copyFileSync(join(root, file), join(outDir, file));
  },
  vite: {
    build: { chunkSizeWarningLimit: 2000 },
    plugins: [findVue, serveFiles, searchBothLanguages],
    server: {
      watch: { ignored: ["**/dist/**", "**/bench/**", "**/test/**", "**/src/**", "**/examples/**"] },
    },
  },
  themeConfig: {
    ...common,
    search: {
      provider: "local",
      options: {
        detailedView: true,
        miniSearch: { options: { tokenize: words } },
        locales: {
          "zh-TW": {
            translations: {
              button: { buttonText: "搜尋", buttonAriaLabel: "搜尋" },
              modal: {
                displayDetails: "顯示內文",
                resetButtonTitle: "清除",
                backButtonTitle: "關閉",
                noResultsText: "找不到",
                footer: { selectText: "前往", navigateText: "選擇", closeText: "關閉" },
              },
            },
          },
        },
      },
    },
  },
  locales: {
    root: {
      label: "English",
      lang: "en",
      themeConfig: {
        nav: menus(contents),
        sidebar: sidebar(contents),
        outline: { level: [2, 3] },
        editLink: { pattern: editPattern, text: "Edit this page" },
        footer: { message: `Roomcast ${version}`, copyright: "MIT licence" },
        notFound: {
          title: "There is no such page",
          quote: "It may have moved. Search above, or look through the list of all documents.",
          linkText: "All documents",
          link: "/documents",
          linkLabel: "all documents",
        },
      },
    },
    "zh-TW": {
      label: "繁體中文",
      lang: "zh-TW",
      description: summaryOf(read(homes["zh-TW"])),
      themeConfig: {
        nav: [...chinesePages(contents, read), { text: "所有文件（英文）", link: "/documents" }],
        sidebar: chineseSidebar(contents, read),
        outline: { level: [2, 3], label: "本頁內容" },
        editLink: { pattern: editPattern, text: "編輯這一頁" },
        footer: { message: `Roomcast ${version}`, copyright: "MIT 授權" },
        docFooter: { prev: "上一頁", next: "下一頁" },
        darkModeSwitchLabel: "外觀",
        lightModeSwitchTitle: "切換成淺色",
        darkModeSwitchTitle: "切換成深色",
        sidebarMenuLabel: "目錄",
        returnToTopLabel: "回到頂端",
        langMenuLabel: "語言",
        skipToContentLabel: "跳到內文",
        notFound: {
          title: "沒有這一頁",
          quote: "這一頁可能搬走了。可以用上方的搜尋，或是看看所有文件的清單。",
          linkText: "所有文件",
          link: "/documents",
          linkLabel: "所有文件",
        },
      },
    },
  },
});
