// @ts-check
// The grid of the residual stream on canvas: one row a state, one column a position.
// Words are only ever drawn or set as text, never read as HTML.

import { fitted, frameBox } from "../../easel/canvas.js";
import { colorsAt, gradient, inkOn, unpacked } from "../../easel/colors.js";
import { element, placeTip } from "../../easel/elements.js";
import { arrowStep, within } from "../../easel/keys.js";
import { countPaint, later, lookOf, mounted, unmounted } from "../../easel/mounting.js";

const NAMES = 104, HEAD = 26, GAP = 1, SMALL = 9, LARGE = 12, ABSENT = -1, LAST = 255;

export default function ({ data, parentElement, setTriggerValue }) {
  const view = mounted(parentElement, ".stream", createView, paint);
  Object.assign(view, { data, chosen: data.chosen, colors: colorsAt(data.scale, LAST) });
  view.send = (cell) => setTriggerValue("cell", cell);
  paint(view);
  listen(view);
  tell(view, view.pointed); // other numbers may be under the mouse now
  return () => unmounted(view);
}

function createView(root) {
  const names = element("canvas", "names", { style: { width: `${NAMES}px` } });
  const body = element("canvas", "body", { data: { testid: "stream-body" }, tabIndex: 0 });
  const scroll = element("div", "scroll", body), bar = element("div", "bar");
  const tip = element("div", "tip", { data: { testid: "stream-tip" } });
  root.replaceChildren(names, scroll, bar, tip);
  return { root, names, scroll, body, bar, tip, width: 0, pointed: null };
}

/** Sizes in CSS pixels; a column is as wide as its words need, or as there is room for. */
function measured(view) {
  const { states, tokens, cells } = view.data;
  const letters = (list) => list.reduce((most, text) => Math.max(most, [...text].length), 1);
  const longest = letters([...new Set(cells ?? tokens)]);
  const room = view.scroll.clientWidth / tokens.length;
  const needed = Math.min(longest * SMALL * 0.61 + 0.7, 64);
  const width = Math.min(Math.max(room, needed), 90);
  const size = width >= longest * LARGE * 0.62 + 3 ? LARGE : SMALL;
  const height = view.data.rowHeight;
  const foot = view.data.following ? 42 : 4;
  return { S: states.length, T: tokens.length, width, height, size, foot, total: HEAD + height * states.length + foot };
}

function paint(view) {
  const { root, data } = view;
  Object.assign(view, { width: root.clientWidth, size: measured(view), look: lookOf(root) });
  paintNames(view);
  paintBody(view);
  paintBar(view);
  const { S, T } = view.size;
  Object.assign(view.body, { role: "application", ariaLabel: `${data.bar.title}, ${S} states by ${T} positions; arrow keys move` });
  Object.assign(root.dataset, {
    states: S, tokens: T, title: data.bar.title,
    chosen: view.chosen ? view.chosen.join(",") : "",
  });
  countPaint(root);
}

function paintNames(view) {
  const { size, names, data, look } = view, wide = NAMES;
  const pen = fitted(names, wide, size.total);
  Object.assign(pen, { fillStyle: look.text, font: `12.5px ${look.sans}`, textAlign: "right", textBaseline: "middle" });
  data.states.forEach((name, s) => pen.fillText(name, wide - 8, HEAD + (s + 0.5) * size.height, wide - 10));
  if (data.following) pen.fillText("true next", wide - 8, HEAD + size.S * size.height + 14, wide - 10);
}

function paintBody(view) {
  const { size, data } = view, { S, T, width, height } = size;
  const pen = fitted(view.body, width * T, size.total);
  Object.assign(pen, { textAlign: "center", textBaseline: "middle", font: `${size.size}px ${view.look.mono}` });
  const middle = (t) => (t + 0.5) * width, fits = Math.max(width - 1, 5);
  pen.fillStyle = view.look.text;
  data.tokens.forEach((token, t) => pen.fillText(token, middle(t), HEAD - 11, fits));
  const below = HEAD + S * height + 14;
  (data.following ?? []).forEach((token, t) => pen.fillText(token, middle(t), below, fits));
  for (let s = 0; s < S; s++) for (let t = 0; t < T; t++) paintCell(view, pen, s, t, middle(t), fits);
  if (view.chosen) outline(pen, view.chosen, size);
}

function paintCell(view, pen, s, t, middle, fits) {
  const { size, data } = view, at = s * size.T + t, level = data.levels[at];
  const color = level < 0 ? null : unpacked(view.colors[level]), top = HEAD + s * size.height;
  pen.globalAlpha = level === ABSENT ? 0.35 : 1;
  pen.fillStyle = color ? `rgb(${color.join()})` : level === ABSENT ? data.absent : data.invalid;
  const gap = size.width > 12 ? GAP : 0;
  pen.fillRect(t * size.width, top, size.width - gap, size.height - GAP);
  pen.globalAlpha = 1;
  if (!data.cells) return;
  pen.fillStyle = color ? inkOn(color) : view.look.text;
  pen.fillText(data.cells[at], middle, top + size.height / 2, fits);
}

function outline(pen, [s, t], { width, height }) {
  frameBox(pen, [t * width - 0.5, HEAD + s * height - 0.5, width, height], [["#fff", 4], ["#000", 2]]);
}

function paintBar(view) {
  const { bar, data, size } = view;
  const ticks = data.bar.ticks.map(([share, text]) => element("span", "", { style: { bottom: `${share * 100}%` } }, text));
  const scale = element("i", "", { style: { background: gradient("to top", data.scale) } }, ...ticks);
  Object.assign(bar.style, { height: `${size.S * size.height}px`, marginTop: `${HEAD}px` });
  bar.replaceChildren(scale, element("b", "", data.bar.title));
}

function cellAt(view, event) {
  const box = view.body.getBoundingClientRect(), { width, height, S, T } = view.size;
  const s = Math.floor((event.clientY - box.top - HEAD) / height), t = Math.floor((event.clientX - box.left) / width);
  return s >= 0 && s < S && t >= 0 && t < T ? [s, t] : null;
}

function listen(view) {
  const { body } = view;
  body.onpointermove = (event) => tell(view, cellAt(view, event));
  body.onpointerleave = () => tell(view, null);
  body.onclick = (event) => { const cell = cellAt(view, event); if (cell) choose(view, cell, 0); };
  body.onkeydown = (event) => {
    const step = arrowStep(event);
    if (!step) return;
    event.preventDefault();
    const [s, t] = view.chosen ?? [0, -1], { S, T } = view.size;
    choose(view, [within(s + step[0], S), within(t + step[1], T)], 150);
    tell(view, view.chosen);
  };
}

/** Marked at once; told to Python when the keys rest. */
function choose(view, cell, delay) {
  view.chosen = cell;
  paintBody(view);
  view.root.dataset.chosen = cell.join(",");
  later(view, "send", delay, () => view.send(cell));
}

function tell(view, cell) {
  const { tip, data, size, scroll, names } = view;
  view.pointed = cell && cell[0] < size.S && cell[1] < size.T ? cell : null;
  tip.hidden = !view.pointed;
  if (!view.pointed) return;
  const [s, t] = cell, note = data.notes[s * size.T + t];
  tip.replaceChildren(element("b", "", `${data.states[s]}, position ${data.first + t}  ${data.tokens[t]}`), element("div", "", note));
  Object.assign(tip.dataset, { state: s, position: data.first + t, note });
  const x = names.clientWidth + (t + 1) * size.width - scroll.scrollLeft + 10;
  placeTip(tip, view.width, [x, HEAD + s * size.height], x - size.width - 20);
}
