// @ts-check
// Maps of the same vectors side by side, and the lit row as lines.

import { cellImage, fitted, pixelRatio } from "../../easel/canvas.js";
import { colorsAt } from "../../easel/colors.js";
import { element } from "../../easel/elements.js";
import { readPayload } from "../../easel/framing.js";
import { arrowStep, isEnter, within } from "../../easel/keys.js";
import { countPaint, lookOf, mounted, unmounted } from "../../easel/mounting.js";
import { clip, fourDecimals, plain, typeset } from "../../easel/number_text.js";

const HIGH = 300, FOOT = 20, LINES = 190, LEFT = 58; // px
const LETTERS = 7, LABELS = 16;

export default function ({ data, parentElement, setTriggerValue }) {
  const view = mounted(parentElement, ".vectors", createView, paintAll);
  view.send = (cell) => setTriggerValue("cell", cell);
  const { wish, header, arrays } = readPayload(data, "HLAV");
  load(view, header, arrays);
  view.chosen = [wish.row, wish.column];
  view.lit = view.chosen;
  paintAll(view);
  return () => unmounted(view);
}

function createView(root) {
  const view = {
    root, readout: element("div", "readout", { data: { testid: "vectors-readout" } }), maps: element("div", "maps"),
    legend: element("div", "legend"), lines: element("canvas", "lines"), figures: [], width: 0,
  };
  root.replaceChildren(view.readout, view.maps, view.legend, view.lines);
  view.lines.onpointermove = (event) => light(view, [view.lit[0], channelAt(view, event)]);
  view.lines.onpointerleave = () => light(view, view.chosen);
  view.lines.onclick = (event) => choose(view, [view.lit[0], channelAt(view, event)]);
  return view;
}

function load(view, header, arrays) {
  if (view.model?.digest === header.digest) return;
  const names = JSON.stringify(header.names);
  const values = header.names.map((_, n) => arrays[`v${n}`]);
  view.model = { ...header, values, T: header.tokens.length, C: header.channels };
  view.images = values.map((numbers, n) => imageOf(view.model, numbers, header.limits[n]));
  if (view.names !== names) fill(view, names);
  view.figures.forEach(({ ends }, n) => (ends.textContent = `±${plain(header.limits[n])}`));
}

function imageOf({ T, C, scale }, numbers, limit) {
  const last = 1020, colors = colorsAt(scale, last);
  return cellImage(T, C, (cell) => {
    const share = Math.min(1, Math.max(0, 0.5 + numbers[cell] / (2 * limit)));
    return Number.isNaN(share) ? 0 : colors[Math.round(share * last)];
  });
}

function fill(view, names) {
  const { model, maps, legend } = view;
  view.names = names;
  view.figures = model.names.map((name) => {
    const canvas = element("canvas", "", { data: { version: name }, tabIndex: 0, role: "application" });
    const ends = element("span", "", { title: "ends of the colour scale" });
    canvas.onpointermove = (event) => light(view, cellAt(view, event));
    canvas.onpointerleave = () => light(view, view.chosen);
    canvas.onclick = (event) => choose(view, cellAt(view, event));
    canvas.onkeydown = (event) => onKey(view, event);
    const figure = element("figure", "", element("figcaption", "", element("b", "", name), ends), canvas);
    return { figure, canvas, ends };
  });
  maps.replaceChildren(...view.figures.map(({ figure }) => figure));
  const line = (color) => element("i", "", { style: { background: color } });
  legend.replaceChildren(...model.names.map((name, n) => element("span", "", line(model.inks[n]), name)));
}

// ---------------------------------------------------------------- painting

function paintAll(view) {
  const { root, model } = view;
  view.width = root.clientWidth;
  if (!view.width) return;
  view.look = lookOf(root);
  view.canvasWidth = Math.floor((view.width - 12 * (view.figures.length - 1)) / view.figures.length);
  light(view, view.lit, true);
  for (const { canvas } of view.figures) canvas.ariaLabel = `${canvas.dataset.version}, ${model.T} positions by ${model.C} channels. Arrow keys move, Enter chooses.`;
  Object.assign(root.dataset, { rows: model.T, columns: model.C });
  countPaint(root);
}

const box = (view) => ({ x: LEFT, y: 12, wide: view.canvasWidth - LEFT, high: HIGH });

/** Lights a row and a column everywhere. */
function light(view, cell, force = false) {
  if (!cell || (!force && String(cell) === String(view.lit))) return;
  view.lit = cell;
  view.figures.forEach((_, n) => paintMap(view, n));
  paintLines(view);
  tell(view);
}

function paintMap(view, n) {
  const { model, lit: [row, column] } = view, { x, y, wide, high } = box(view);
  const pen = fitted(view.figures[n].canvas, view.canvasWidth, y + high + FOOT);
  pen.imageSmoothingEnabled = model.C > wide * (pixelRatio());
  pen.drawImage(view.images[n], x, y, wide, high);
  Object.assign(pen, { fillStyle: view.look.text, font: `10px ${view.look.mono}`, textAlign: "right", textBaseline: "middle" });
  const every = Math.ceil(model.T / LABELS), cell = high / model.T;
  const near = (t) => t !== row - model.first && Math.abs(t - row + model.first) * cell < 11;
  for (let t = 0; t < model.T; t += every) if (!near(t)) label(view, pen, t, x, y + (t + 0.5) * cell, 0.7);
  if (row >= model.first && row < model.first + model.T) label(view, pen, row - model.first, x, y + (row - model.first + 0.5) * cell, 1);
  Object.assign(pen, { font: `11px ${view.look.sans}`, textAlign: "center", globalAlpha: 0.7 });
  pen.fillText("channel", x + wide / 2, y + high + 11);
  pen.globalAlpha = 1;
  pointer(pen, x - 3, y + (row - model.first + 0.5) * cell, 1, 0);
  pointer(pen, x + ((column + 0.5) / model.C) * wide, y - 3, 0, 1);
}

function label({ model, look }, pen, t, x, y, alpha) {
  pen.globalAlpha = alpha;
  pen.font = `${alpha === 1 ? "bold " : ""}10px ${look.mono}`;
  pen.fillText(clip(model.tokens[t], LETTERS), x - 10, y);
}

/** At the map's edge: a frame would cover the very numbers, a column being a pixel wide. */
function pointer(pen, x, y, right, down) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 6 * right - 4 * down, y - 4 * right - 6 * down);
  pen.lineTo(x - 6 * right + 4 * down, y + 4 * right - 6 * down);
  pen.fill();
}

/** The lit row, a step for each channel. */
function paintLines(view) {
  const { model, lit: [row, column] } = view, at = (row - model.first) * model.C;
  const pen = fitted(view.lines, view.width, LINES), wide = view.width - LEFT, high = LINES - 24;
  const rows = model.values.map((numbers) => numbers.subarray(at, at + model.C));
  const most = rows.reduce((top, numbers) => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), top), 1e-9) * 1.05;
  const across = (c) => LEFT + (c / model.C) * wide, up = (v) => 4 + high / 2 - (v / most) * (high / 2);
  Object.assign(pen, { fillStyle: view.look.text, strokeStyle: view.look.text, font: `11px ${view.look.sans}`, textAlign: "right", textBaseline: "middle", globalAlpha: 0.7 });
  for (const v of [most / 1.05, 0, -most / 1.05]) pen.fillText(plain(v, 2), LEFT - 8, up(v));
  pen.textAlign = "center";
  pen.fillText("channel", LEFT + wide / 2, LINES - 8);
  pen.globalAlpha = 0.25;
  pen.fillRect(LEFT, up(0), wide, 1);
  pen.fillRect(across(column + 0.5), 4, 1, high);
  pen.globalAlpha = 1;
  pen.lineWidth = 1.2;
  rows.forEach((numbers, n) => {
    pen.strokeStyle = model.inks[n];
    pen.beginPath();
    numbers.forEach((v, c) => { pen.lineTo(across(c), up(v)); pen.lineTo(across(c + 1), up(v)); });
    pen.stroke();
  });
}

/** Row, column and the number of each version there. */
function tell(view) {
  const { model, lit: [row, column], readout } = view, at = (row - model.first) * model.C + column;
  const texts = model.values.map((numbers) => typeset(fourDecimals(numbers[at])));
  const parts = model.names.map((name, n) => element("span", "", `${name} `, element("b", "", texts[n])));
  readout.replaceChildren(`position ${row} `, element("code", "", model.tokens[row - model.first] ?? ""), `, channel ${column}`, ...parts);
  Object.assign(readout.dataset, { row, column, values: texts.join(" ") });
}

// ---------------------------------------------------------------- what a person does

function cellAt(view, event) {
  const { T, C, first } = view.model, { x, y, wide, high } = box(view);
  const row = within(Math.floor(((event.offsetY - y) / high) * T), T);
  return [first + row, within(Math.floor(((event.offsetX - x) / wide) * C), C)];
}

function channelAt(view, event) {
  return within(Math.floor(((event.offsetX - LEFT) / (view.width - LEFT)) * view.model.C), view.model.C);
}

function onKey(view, event) {
  const step = arrowStep(event), { T, C, first } = view.model;
  if (isEnter(event)) choose(view, view.lit);
  else if (step) light(view, [first + within(view.lit[0] - first + step[0], T), within(view.lit[1] + step[1], C)]);
  else return;
  event.preventDefault();
}

function choose(view, cell) {
  view.chosen = cell;
  light(view, cell);
  view.send(cell);
}
