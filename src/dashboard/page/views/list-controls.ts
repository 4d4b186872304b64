/** What lists have above and below them: a field to search in, the namespace, and the way to other pages. */

import { fill, h, setAttributes, setText } from "../parts/dom.ts";

/** How long to wait after a key before searching, in ms. */
const typing = 250;

/** A field to search in, which tells of a text when the typing has paused. */
export function searchField(label: string, onSearch: (text: string) => void): HTMLInputElement {
  let timer = 0;
  const field = h("input", {
    type: "search",
    "aria-label": label,
    placeholder: label,
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => onSearch(field.value), typing);
    },
  });
  return field;
}

/** The way to the pages before and after. */
export class Pager {
  readonly root: HTMLElement;
  readonly #text = h("span");
  readonly #back: HTMLButtonElement;
  readonly #forth: HTMLButtonElement;

  /**
   * @param onBack - goes to the page before
   * @param onForth - goes to the next page
   */
  constructor(onBack: () => void, onForth: () => void) {
    this.#back = h("button", { type: "button", onclick: onBack }, "Previous");
    this.#forth = h("button", { type: "button", onclick: onForth }, "Next");
    this.root = h("nav.pager", { "aria-label": "Pages" }, this.#text, this.#back, this.#forth);
  }

  /** Shows where the page lies, and which ways there are. */
  show(text: string, hasBack: boolean, hasForth: boolean): void {
    setText(this.#text, text);
    setAttributes(this.#back, { disabled: !hasBack });
    setAttributes(this.#forth, { disabled: !hasForth });
  }
}

/** Shows what a list is limited to, with a way to remove that. */
export function filterNote(
  place: HTMLElement,
  filters: readonly (readonly [name: string, value: string])[],
  address: string,
): void {
  setAttributes(place, { hidden: filters.length === 0 });
  if (filters.length === 0) return;
  fill(
    place,
    ...filters.map(([name, value]) => h("span.filter", {}, `${name} `, h("strong", {}, value))),
    h("a", { href: address }, "Show all"),
  );
}
