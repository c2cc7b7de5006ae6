// The slider of the forecast: how many of the smallest points are fitted.
const ROUTES = [
  ["smooth", "ks", "from the smooth metric, compounded"],
  ["exact_match", "kc", "from exact match itself"],
];

function showCut(cut) {
  one("#cut-text").textContent = cut;
  setSignal("cut", cut);
  const answer = one("#answer_fc");
  answer.replaceChildren();
  const found = ROUTES.map(([route, colour, words]) => {
    const summary = SETS.fcs.find((row) => row.cut === cut && row.src === route);
    return summary && { ...summary, colour, words };
  }).filter(Boolean);
  if (!found.length) return;
  const made = found.filter((row) => !row.why);
  if (made.length) {
    const n = made[0].n;
    answer.append("Mean miss on the ", element("b", "", n), n > 1 ? " larger points: " : " larger point: ");
    made.forEach((row, place) => {
      answer.append(place ? ", " : "", element("span", row.colour, `${points(row.miss)} ${row.words}`), ` (${row.inside} of ${row.n} inside)`);
    });
    answer.append(". ");
  }
  found.filter((row) => row.why).forEach((row) => {
    answer.append("No forecast ", element("span", row.colour, row.words), `: ${row.why}. `);
  });
}

function wireForecast() {
  const slider = one("#cut");
  if (!slider) return;
  const cuts = [...new Set(SETS.fcs.map((row) => row.cut))].sort((a, b) => a - b);
  slider.min = cuts[0];
  slider.max = cuts.at(-1);
  slider.value = cuts[Math.floor((cuts.length - 1) / 2)];
  slider.addEventListener("input", () => showCut(Number(slider.value)));
  showCut(Number(slider.value));
}
