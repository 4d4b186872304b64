/** Makes elements. Texts become text nodes, whatever they hold: nothing here reads markup. */

/** The attributes of an element; listeners begin with `on`. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | null | ((event: never) => unknown)>
>;

/** What an element holds. */
export type Content = Node | string | null | readonly Content[];

/**
 * Makes an element.
 *
 * @param name - the tag, with classes behind dots: `"div.panel"`
 */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  name: Tag | `${Tag}.${string}`,
  attributes: Attributes = {},
  ...content: Content[]
): HTMLElementTagNameMap[Tag] {
  const [tag = "div", ...classes] = name.split(".");
  const element = document.createElement(tag) as HTMLElementTagNameMap[Tag];
  if (classes.length > 0) element.className = classes.join(" ");
  setAttributes(element, attributes);
  append(element, content);
  return element;
}

/** Sets attributes; `null` and `false` remove one. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === null || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Replaces what an element holds. */
export function fill(element: Element, ...content: Content[]): void {
  element.replaceChildren();
  append(element, content);
}

/** Changes a text where it differs, so that nothing is drawn or read aloud again for nothing. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function append(element: Element, content: Content): void {
  if (content === null) return;
  if (content instanceof Node || typeof content === "string") element.append(content);
  else for (const each of content) append(element, each);
}
