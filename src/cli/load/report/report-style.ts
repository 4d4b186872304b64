/** The style sheet and the script of a report. It stands in one file, and loads nothing. */

/** The style sheet, for light and dark. */
export const reportStyle = `
:root{color-scheme:light dark;--bg:#f6f6f3;--panel:#fff;--line:#e2e1db;--grid:#ecebe6;--text:#1b1c1a;--muted:#5d5e58;--good:#17663f;--bad:#a92a2a;--fair:#805300;--s1:#0b7a68;--s2:#b0630b;--s3:#3a63ad;--s4:#a93259}
@media (prefers-color-scheme:dark){:root{--bg:#121413;--panel:#191c1b;--line:#2c302e;--grid:#252927;--text:#e7e8e4;--muted:#a2a69f;--good:#6fce9b;--bad:#f19090;--fair:#e2b45f;--s1:#5bc7b2;--s2:#e3a961;--s3:#8db2ef;--s4:#ea8dac}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:28px 20px 48px;font:14px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums;background:var(--bg);color:var(--text)}
h1,h2,h3,p,dl,dd,figure{margin:0}
h1{font-size:1.35rem;font-weight:650;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.05rem;font-weight:650;margin:28px 0 10px}
h3{font-size:.95rem;font-weight:600}
.sub,.unit,.muted{color:var(--muted)}
.unit{font-weight:400;font-size:.85rem}
.verdict{display:inline-block;margin-top:10px;font-weight:600}
.good{color:var(--good)}.bad{color:var(--bad)}.fair{color:var(--fair)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px;margin-top:18px}
.tile,.chart,.panel{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:12px 14px}
.tile dt{color:var(--muted);font-size:.85rem}
.tile dd{font-size:1.45rem;font-weight:600;letter-spacing:-.01em}
.tile .note{display:block;margin-top:2px;line-height:1.35;font-size:.85rem;font-weight:400;color:var(--muted);letter-spacing:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:12px}
figcaption{display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;justify-content:space-between}
.legend{display:flex;flex-wrap:wrap;gap:2px 12px;color:var(--muted);font-size:.85rem}
.swatch{display:inline-block;width:10px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}
i.c1{background:var(--s1)}i.c2{background:var(--s2)}i.c3{background:var(--s3)}i.c4{background:var(--s4)}
svg{display:block;width:100%;height:auto;margin-top:6px;touch-action:pan-y}
.grid{stroke:var(--grid)}.tick{fill:var(--muted);font-size:12px}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.line.c1{stroke:var(--s1)}.line.c2{stroke:var(--s2)}.line.c3{stroke:var(--s3)}.line.c4{stroke:var(--s4)}
.f1{fill:var(--s1)}.f2{fill:var(--s2)}.f3{fill:var(--s3)}.f4{fill:var(--s4)}
.cursor{stroke:var(--muted);stroke-dasharray:3 3}
.readout{white-space:pre-wrap;min-height:1.3em;font-size:.85rem;color:var(--muted)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:5px 10px 5px 0;border-bottom:1px solid var(--grid);vertical-align:top}
thead th{color:var(--muted);font-weight:500;font-size:.85rem}
tbody th{font-weight:500}
tr:last-child>*{border-bottom:0}
.number{text-align:right;white-space:nowrap}
.reason{overflow-wrap:anywhere}
details summary{cursor:pointer;color:var(--muted)}
@media print{body{max-width:none}.readout{display:none}}
`;

/** The script: shows the values below the pointer. Without it, the page lacks nothing else. */
export const reportScript = `
const { charts, span } = JSON.parse(document.getElementById("data").textContent);
for (const [number, figure] of document.querySelectorAll("[data-chart]").entries()) {
  const { places, texts } = charts[number];
  const svg = figure.querySelector("svg");
  const cursor = figure.querySelector(".cursor");
  const readout = figure.querySelector("[data-readout]");
  const [first, last] = [places[0], places.at(-1)];
  svg.addEventListener("pointermove", ({ clientX }) => {
    const box = svg.getBoundingClientRect();
    const part = ((clientX - box.left) / box.width - span[0]) / (span[1] - span[0]);
    const wanted = first + part * (last - first);
    let index = 0;
    for (const [other, place] of places.entries())
      if (Math.abs(place - wanted) < Math.abs(places[index] - wanted)) index = other;
    const share = last === first ? 0 : (places[index] - first) / (last - first);
    const x = svg.viewBox.baseVal.width * (span[0] + share * (span[1] - span[0]));
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
    cursor.setAttribute("visibility", "visible");
    readout.textContent = texts[index];
  });
  svg.addEventListener("pointerleave", () => {
    cursor.setAttribute("visibility", "hidden");
    readout.textContent = "";
  });
}
`;
