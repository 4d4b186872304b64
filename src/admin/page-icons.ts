/**
 * The icons of the admin pages, in place of a font of another host. Each is a path of SVG on a grid of 24 by
 * 24, drawn in lines, and takes the colour of the text around it.
 */

/** The icons that the pages use, by the name of their class. */
const icons: Readonly<Record<string, string>> = {
  "account-circle-outline":
    "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM6.5 18.5c1.5-3 9.5-3 11 0",
  alert: "M12 3 2 20h20zM12 10v5M12 17v1",
  "arrow-up": "M12 20V5M6 11l6-6 6 6",
  cached: "M19 8a8 8 0 0 0-14 0M5 4v4h4M5 16a8 8 0 0 0 14 0M19 20v-4h-4",
  "calendar-text-outline": "M4 5h16v15H4zM8 3v4M16 3v4M4 9h16M8 13h8M8 16h5",
  check: "M4 12l5 5L20 6",
  "check-circle": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8 12l3 3 5-6",
  "checkbox-blank-outline": "M4 4h16v16H4z",
  "checkbox-marked": "M4 4h16v16H4zM7 12l4 4 6-8",
  "chevron-down": "M6 9l6 6 6-6",
  "chevron-left": "M15 6l-6 6 6 6",
  "chevron-right": "M9 6l6 6-6 6",
  "chevron-up": "M6 15l6-6 6 6",
  circle: "M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z",
  close: "M5 5l14 14M19 5L5 19",
  "close-circle": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9 9l6 6M15 9l-6 6",
  "delete-outline": "M4 6h16M9 6V4h6v2M6 6l1 14h10l1-14M10 10v6M14 10v6",
  "dots-horizontal": "M5 12h.5M11.8 12h.5M18.5 12h.5",
  exclamation: "M12 4v10M12 18v1",
  "home-outline": "M3 12l9-9 9 9M5.500 10v10h5v-6h3v6h5V10",
  information: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7v1",
  logout: "M10 4H5v16h5M9 12h11M16 8l4 4-4 4",
  menu: "M3 6h18M3 12h18M3 18h18",
  "menu-down": "M7 10l5 5 5-5z",
  minus: "M5 12h14",
  "minus-box": "M4 4h16v16H4zM8 12h8",
  "page-first": "M6 5v14M18 6l-6 6 6 6",
  "page-last": "M18 5v14M6 6l6 6-6 6",
  paperclip: "M8 7v9a4 4 0 0 0 8 0V6a2.500 2.500 0 0 0-5 0v9",
  pencil: "M4 20l1-5L16 4l4 4L9 19z",
  plus: "M12 5v14M5 12h14",
  "radiobox-blank": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z",
  "radiobox-marked": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  "ray-start-arrow": "M5 12a1.500 1.500 0 1 0-.1 0zM7 12h13M16 8l4 4-4 4",
  server: "M4 4h16v6H4zM4 14h16v6H4zM7 7h1M7 17h1",
  "tag-off-outline": "M4 4h8l8 8-8 8-8-8zM7.500 7.500h.5M3 21L21 3",
  "tag-outline": "M4 4h8l8 8-8 8-8-8zM7.500 7.500h.5",
  "tag-plus-outline": "M4 4h8l8 8-8 8-8-8zM7.500 7.500h.5M18 2v6M15 5h6",
  "unfold-more-horizontal": "M8 9l4-4 4 4M8 15l4 4 4-4",
};

/** The style sheet of the icons. */
export function iconStyles(): string {
  const shared = `.mdi::before {
  content: "";
  display: inline-block;
  width: 1em;
  height: 1em;
  background-color: currentColor;
  -webkit-mask: var(--icon) center / contain no-repeat;
  mask: var(--icon) center / contain no-repeat;
}
.mdi { --icon: ${image("M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12z")}; }
.roomcast-new .v-dialog form > .red--text { display: none; }
.v-application { font-family: Roboto, system-ui, "Segoe UI", sans-serif; }
`;
  return Object.entries(icons).reduce(
    (styles, [name, path]) => `${styles}.mdi-${name} { --icon: ${image(path)}; }\n`,
    shared,
  );
}

function image(path: string): string {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="${path}" fill="none" stroke="#000" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `url("data:image/svg+xml,${encodeURIComponent(drawing)}")`;
}
