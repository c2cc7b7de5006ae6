// One point of the ladder is "hot" for the whole page: cross-hair in all charts, readout in all four headers.
let hotPoint = -1;

function readout(ruler, index) {
  const host = one(`#rd_${ruler}`);
  const row = ROW[ruler]?.[index];
  host.replaceChildren();
  if (!row) {
    host.textContent = RULERS[ruler].how;
    return;
  }
  const interval = row.lo === null ? "" : ` [${scoreText(ruler, row.lo)}, ${scoreText(ruler, row.hi)}]`;
  host.append(`at ${SCALES[index].label}: `, element("b", "", scoreText(ruler, row.v)), interval, row.k === 1 ? " one run" : "");
}

function pointAt(index) {
  if (index === hotPoint) return;
  hotPoint = index;
  setSignal("hot", index);
  for (const ruler of Object.keys(RULERS)) readout(ruler, index);
  for (const node of all("[data-i]")) node.classList.toggle("hot", Number(node.dataset.i) === index);
}

document.addEventListener(CHART_READY, ({ detail: { name, view } }) => {
  if (["gaps", "jumps", "onset", "knob", "ways"].includes(name)) return;
  view.addEventListener("pointermove", (_, item) => {
    if (item?.datum?.i !== undefined) pointAt(item.datum.i);
  });
  document.getElementById(name).addEventListener("pointerleave", () => pointAt(-1));
});

one("#rulers").addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (step) {
    event.preventDefault();
    pointAt(Math.max(0, Math.min(SCALES.length - 1, hotPoint + step)));
  }
  if (event.key === "Escape") pointAt(-1);
});

function showAxis(name) {
  one("#axis-name").textContent = `Horizontal axis: ${DATA.axes[name].caption}`;
  one("#axis-why").textContent = "";
  press(all("[data-axis]"), (button) => button.dataset.axis === name);
  setSignal("axis", name);
}

for (const button of all("[data-axis]"))
  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") one("#axis-why").textContent = button.title;
    else showAxis(button.dataset.axis);
  });

// shares on a linear or a logit axis
for (const button of all("[data-share]"))
  button.addEventListener("click", () => {
    press(all("[data-share]"), (other) => other === button);
    setSignal("share_scale", button.dataset.share);
  });
