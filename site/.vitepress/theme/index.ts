/** VitePress's own theme, with the version below each page and tables that keep to their page. */

import { useData } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { defineComponent, h } from "vue";
import "./style.css";

/** The footer of the home page, below the other pages too. */
const PageFooter = defineComponent(() => {
  const { theme } = useData();
  return () =>
    h("p", { class: "page-footer" }, `${theme.value.footer.message} · ${theme.value.footer.copyright}`);
});

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { "doc-after": () => h(PageFooter) }),
};
