// One row of the atlas: verdict, name, two sparklines, four scores, the evidence, the data.
const NAMES = DATA.names;
const ROWS = DATA.rows.map((cells, r) => {
  const row = Object.fromEntries(DATA.columns.map((name, i) => [name, cells[i]]));
  row.r = r;
  for (const name of ["name", "task", "family", "setting"]) row[name] = readable(row[name]);
  row.text = [row.name, row.task, row.family, row.setting, NAMES[row.verdict], row.verdict].join(" ").toLowerCase();
  row.where = [row.family, row.setting].filter(Boolean).join(" · ");
  return row;
});
const SCORES = { em: "cliff", es: "slope", ta: "slope", ll: "slope" };
const SPARK_NAMES = { em: "Exact match", es: DATA.all_edit_similarity ? "Edit similarity" : "Partial credit" };
const EVIDENCE_SPAN = 3;
const GLYPHS = Object.fromEntries(all("#glyphs>span").map((node) => [node.dataset.verdict, node.firstElementChild]));

const sparkX = (place) => 4 + place * 1.32;
const sparkY = (value) => 33 - value * 0.3;
const path = (points) => points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");

function sparkline(row, metric) {
  const values = row[metric];
  if (!values.length) return element("span", "na", "not available");
  const kind = SCORES[metric];
  const label = `${SPARK_NAMES[metric]} from ${values[0]} to ${values.at(-1)} percent`;
  const svg = svgElement("svg", { class: "spk", viewBox: "0 0 140 36", preserveAspectRatio: "none", role: "img", "aria-label": label });
  const curve = (numbers) => numbers.map((value, i) => [sparkX(row.x[i]), sparkY(value ?? values[i])]);
  const mean = curve(values);
  const band = [...curve(row[`${metric}_high`]), ...curve(row[`${metric}_low`]).reverse()];
  svg.append(
    svgElement("line", { x1: 4, x2: 136, y1: 33, y2: 33, stroke: "var(--rule)" }),
    svgElement("path", { d: `M${path(band)}Z`, fill: `var(--${kind}bg)` }),
    svgElement("path", { class: "l", d: `M${path(mean)}`, stroke: `var(--${kind})`, "vector-effect": "non-scaling-stroke" }),
  );
  const gap = row[`${metric}_gap`];
  if (gap !== null)
    svg.append(
      svgElement("path", {
        d: `M${path(mean.slice(gap, gap + 2))}`,
        stroke: `var(--${kind})`,
        "stroke-width": 3.6,
        fill: "none",
        "stroke-linecap": "round",
        "vector-effect": "non-scaling-stroke",
      }),
    );
  return svg;
}

function scoreWord(value) {
  if (value === null) return "–";
  if (Math.abs(value) >= 1000) return `${(value / 1000).toFixed(1)}k`.replace("-", MINUS);
  return (Math.abs(value) >= 10 ? value.toFixed(0) : value.toFixed(1)).replace("-", MINUS);
}

// a break claim that is this likely to be luck is none: its tails stand in the tooltip only
const MOST_TAIL = 0.2;

function scoreCell(row, metric) {
  const value = row[`score_${metric}`];
  const bar = element("div", "mb");
  if (value > 0) {
    const fill = element("i");
    fill.style.width = `${Math.min(100, (100 * Math.log10(Math.max(value, 1))) / 3)}%`;
    fill.style.background = `var(--${SCORES[metric]})`;
    bar.append(fill);
  }
  return [element("span", "", scoreWord(value)), bar];
}

function evidenceBar(value, need, below, label) {
  const at = (logit) => (100 * Math.min(Math.max(logit, 0), EVIDENCE_SPAN)) / EVIDENCE_SPAN;
  const met = below ? value < need : value > need;
  const svg = svgElement("svg", { class: "evbar", viewBox: "0 0 100 11", preserveAspectRatio: "none", role: "img", "aria-label": label });
  svg.append(
    svgElement("rect", { class: "bed", x: 0, y: 2, width: 100, height: 7 }),
    svgElement("rect", { class: "zone", x: below ? 0 : at(need), y: 2, width: below ? at(need) : 100 - at(need), height: 7 }),
    svgElement("rect", { class: `val ${met ? "met" : "unmet"}`, x: 0, y: 4, width: Math.max(at(value), 1), height: 3 }),
    svgElement("path", { class: "lim", d: `M${at(need)} 0V11` }),
  );
  return svg;
}

function evidenceCell([allowed, limit, shown, need, tail, adjusted]) {
  if (allowed === null || limit === null || shown === null) return [element("span", "note", "no scan")];
  if (need === null) return [element("span", "note", "no limits")];
  const tails = tail === null || adjusted === null || adjusted > MOST_TAIL ? [] : [element("span", "tails", `${tail} → ${adjusted}`)];
  return [
    evidenceBar(allowed, limit, true, `Largest jump still possible ${allowed} logit, smooth below ${limit}`),
    evidenceBar(shown, need, false, `Smallest jump shown ${shown} logit, break above ${need}`),
    ...tails,
  ];
}

function rowNode(row, onPoint) {
  const line = element("div", "vr");
  line.setAttribute("role", "row");
  const cellNode = (className, ...content) => {
    const node = element("div", className);
    node.setAttribute("role", "cell");
    node.append(...content);
    line.append(node);
    return node;
  };
  cellNode("vd", GLYPHS[row.verdict].cloneNode(true), element("span", "", NAMES[row.verdict]));
  // the link covers the whole row, which cannot be a link itself and stay a row
  const link = element("a", "", row.name);
  link.href = row.url;
  cellNode("nm", link, element("span", "", row.where));
  cellNode("", sparkline(row, "em"));
  cellNode("", sparkline(row, "es"));
  for (const metric of Object.keys(SCORES)) cellNode("num sc", ...scoreCell(row, metric));
  const evidence = cellNode("ev", ...evidenceCell(row.jumps));
  const [tail, adjusted] = row.jumps.slice(4);
  if (tail !== null && adjusted !== null) {
    evidence.title = `Tail probability of a break claim: ${tail} by itself, ${adjusted} adjusted for all ladders of the study (Benjamini and Hochberg)`;
  }
  const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
  cellNode("n2", `${row.n_scales} by ${row.along}`, element("br"), plural(row.runs, "run"));
  line.addEventListener("pointerenter", () => onPoint(row.r));
  return line;
}
