// @ts-check
// Points in a plane on canvas, with their words. Words are only ever drawn or set as text.

import { fitted, strokeLine } from "../../easel/canvas.js";
import { gradient } from "../../easel/colors.js";
import { button, element, placeTip } from "../../easel/elements.js";
import { arrowStep, hasModifier, isEnter } from "../../easel/keys.js";
import { countPaint, inNextFrame, lookOf, mounted, unmounted } from "../../easel/mounting.js";
import { roundTicks } from "../../easel/number_text.js";

const ROOM = { left: 58, right: 12, top: 8, bottom: 44 }; // px around the plane
const REACH = 14; // px within which a point counts as pointed at
const FINEST = 1e-4; // of the whole: as far as one can zoom in

export default function ({ data, parentElement, setTriggerValue }) {
  const view = mounted(parentElement, ".plane", createView, paint);
  view.send = (id) => setTriggerValue("point", id);
  if (String(view.data?.extent) !== String(data.extent)) view.window = data.extent.map((ends) => [...ends]);
  Object.assign(view, { data, points: pointsOf(data), at: null });
  fillLegend(view);
  view.title.textContent = data.title;
  paint(view);
  return () => unmounted(view);
}

function createView(root) {
  const view = {
    root, title: element("div", "title"), legend: element("div", "legend"), off: new Set(), width: 0,
    canvas: element("canvas", "", { data: { testid: "plane-canvas" }, tabIndex: 0 }),
    tip: element("div", "tip", { data: { testid: "plane-tip" }, hidden: true }),
  };
  root.replaceChildren(view.title, view.canvas, view.legend, view.tip);
  listen(view);
  return view;
}

/** One list of all points; each knows its group. */
function pointsOf(data) {
  return data.dots.flatMap((dots) => dots.ids.map((id, n) => ({
    id, dots, place: dots.places[n], text: dots.texts[n], note: dots.notes[n],
    color: dots.color ?? dots.colors[n], labelled: dots.labelled[n],
  })));
}

function fillLegend(view) {
  const { data, legend, off } = view;
  const entries = data.dots.length < 2 ? [] : data.dots.map((dots) => {
    const mark = element("i", dots.symbol, { style: { background: dots.color ?? dots.colors.at(-1) } });
    const entry = button("", { title: "Click to hide or show", ariaPressed: !off.has(dots.name) }, mark, dots.name);
    entry.onclick = () => {
      if (!off.delete(dots.name)) off.add(dots.name);
      entry.ariaPressed = String(!off.has(dots.name));
      paint(view);
    };
    return entry;
  });
  legend.replaceChildren(...entries, ...(data.bar ? [scaleOf(data.bar)] : []));
}

function scaleOf({ title, stops, ticks }) {
  const strip = element("i", "", { style: { background: gradient("to right", stops) } });
  const marks = ticks.map(([share, text]) => element("span", "", { style: { left: `${100 * share}%` } }, text));
  return element("div", "scale", strip, element("b", "", title), ...marks);
}

// ---------------------------------------------------------------- painting

function paint(view) {
  const { root, canvas, data } = view;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  Object.assign(view, { height: data.height, look: lookOf(root) });
  const pen = fitted(canvas, view.width, view.height);
  paintAxes(view, pen);
  pen.save();
  pen.beginPath();
  pen.rect(ROOM.left, ROOM.top, inner(view)[0], inner(view)[1]);
  pen.clip();
  paintLinks(view, pen);
  visiblePoints(view).forEach((dot) => paintPoint(view, pen, dot));
  pen.restore();
  Object.assign(canvas, { role: "application", ariaLabel: `${data.title || "Plane"}: ${view.points.length} points. Arrow keys go from point to point, plus and minus zoom.` });
  Object.assign(root.dataset, { points: view.points.length, title: data.title, chosen: data.chosen ?? "" });
  countPaint(root);
}

const inner = ({ width, height }) => [width - ROOM.left - ROOM.right, height - ROOM.top - ROOM.bottom];

const visiblePoints = ({ points, off }) => points.filter((dot) => !off.has(dot.dots.name));

/** Where a place of the plane is on the canvas, in px. */
export function onCanvas(view, [x, y]) {
  const [[x0, x1], [y0, y1]] = view.window, [wide, high] = inner(view);
  return [ROOM.left + ((x - x0) / (x1 - x0)) * wide, ROOM.top + ((y1 - y) / (y1 - y0)) * high];
}

function inside(view, [px, py]) {
  const [wide, high] = inner(view);
  return px >= ROOM.left && px <= ROOM.left + wide && py >= ROOM.top && py <= ROOM.top + high;
}

function paintAxes(view, pen) {
  const [wide, high] = inner(view), [xs, ys] = view.window;
  Object.assign(pen, { strokeStyle: view.look.text, fillStyle: view.look.text, lineWidth: 1, font: `12px ${view.look.sans}`, textBaseline: "middle" });
  const line = (at, from, to) => {
    pen.globalAlpha = at === 0 ? 0.4 : 0.12;
    strokeLine(pen, from, to);
    pen.globalAlpha = 0.8;
  };
  pen.textAlign = "center";
  for (const [x, text] of roundTicks(xs)) {
    const [px] = onCanvas(view, [x, ys[0]]);
    line(x, [px, ROOM.top], [px, ROOM.top + high]);
    pen.fillText(text, px, ROOM.top + high + 11);
  }
  pen.textAlign = "right";
  for (const [y, text] of roundTicks(ys)) {
    const [, py] = onCanvas(view, [xs[0], y]);
    line(y, [ROOM.left, py], [ROOM.left + wide, py]);
    pen.fillText(text, ROOM.left - 7, py);
  }
  pen.textAlign = "center";
  pen.fillText(view.data.axes[0], ROOM.left + wide / 2, view.height - 10);
  pen.save();
  pen.translate(9, ROOM.top + high / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(view.data.axes[1], 0, 0);
  pen.restore();
  pen.globalAlpha = 1;
}

/** A ring around the chosen point, and lines to those that are near it. */
function paintLinks(view, pen) {
  const { data } = view, find = (id) => visiblePoints(view).find((dot) => dot.id === id);
  const chosen = data.chosen === null ? null : find(data.chosen);
  if (!chosen) return;
  const [px, py] = onCanvas(view, chosen.place);
  Object.assign(pen, { strokeStyle: data.accent, lineWidth: 1 });
  for (const other of data.near.map(find).filter(Boolean)) strokeLine(pen, [px, py], onCanvas(view, other.place));
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(px, py, 10, 0, 7);
  pen.stroke();
}

function paintPoint(view, pen, { place, color, text, labelled, dots }) {
  const [px, py] = onCanvas(view, place), size = dots.words ? 2.5 : 4;
  Object.assign(pen, { fillStyle: color, globalAlpha: dots.words ? 0.75 : 0.9 });
  pen.beginPath();
  if (dots.symbol === "diamond") [[0, -1], [1, 0], [0, 1], [-1, 0]].forEach(([x, y]) => pen.lineTo(px + x * size * 1.3, py + y * size * 1.3));
  else pen.arc(px, py, size, 0, 7);
  pen.fill();
  pen.globalAlpha = 1;
  if (!labelled) return;
  Object.assign(pen, { font: `${dots.words ? 12 : 13}px ${view.look.mono}`, textBaseline: "middle", textAlign: dots.words ? "left" : "center", fillStyle: dots.words ? color : view.look.text });
  if (dots.words) pen.fillText(text, px + 5, py);
  else pen.fillText(text, px, py - 12);
}

// ---------------------------------------------------------------- what a person does

function listen(view) {
  const { canvas } = view;
  /** @returns {[number, number]} */
  const here = (event) => [event.offsetX, event.offsetY];
  canvas.onpointerdown = (event) => {
    view.drag = { from: here(event), window: view.window, moved: false };
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => (view.drag ? pan(view, here(event)) : point(view, nearest(view, here(event))));
  canvas.onpointerup = canvas.onpointercancel = () => {
    view.panned = view.drag?.moved;
    view.drag = null;
    canvas.classList.remove("panning");
  };
  canvas.onpointerleave = () => view.drag || point(view, null);
  canvas.onblur = () => point(view, null);
  canvas.onclick = (event) => view.panned || choose(view, nearest(view, here(event)));
  canvas.ondblclick = () => whole(view);
  canvas.onwheel = (event) => { // a plain wheel goes on scrolling the page until one clicks in here
    if (!event.ctrlKey && !event.metaKey && canvas.getRootNode().activeElement !== canvas) return;
    event.preventDefault();
    zoom(view, event.deltaY > 0 ? 1.2 : 1 / 1.2, here(event));
  };
  canvas.onkeydown = (event) => {
    const step = arrowStep(event);
    const factor = { "+": 1 / 1.4, "=": 1 / 1.4, "-": 1.4 }[event.key];
    if (hasModifier(event)) return;
    if (step) point(view, towards(view, step));
    else if (factor) zoom(view, factor, view.at ? onCanvas(view, view.at.place) : null);
    else if (isEnter(event)) choose(view, view.at);
    else if (event.key === "0") whole(view);
    else return;
    event.preventDefault();
  };
}

export function nearest(view, [px, py]) {
  let best = REACH, nearby = null;
  for (const each of visiblePoints(view)) {
    const [x, y] = onCanvas(view, each.place), far = Math.hypot(x - px, y - py);
    if (far < best) [best, nearby] = [far, each];
  }
  return nearby;
}

/** The next point in a direction; at first the chosen one, or the first. */
export function towards(view, [down, right]) {
  const all = visiblePoints(view);
  if (!view.at) return all.find((each) => each.id === view.data.chosen) ?? all[0] ?? null;
  const [x0, y0] = onCanvas(view, view.at.place);
  let best = Infinity, nearby = view.at;
  for (const each of all) {
    const [x, y] = onCanvas(view, each.place);
    const along = (x - x0) * right + (y - y0) * down, across = Math.abs((x - x0) * down + (y - y0) * right);
    const far = along + 2 * across;
    if (along > 0.5 && across <= 2 * along && far < best) [best, nearby] = [far, each];
  }
  return nearby;
}

/** Tells of a point beside it. */
function point(view, nearby) {
  const { tip, canvas, data } = view;
  if (nearby === view.at && !tip.hidden === Boolean(nearby)) return;
  view.at = nearby;
  tip.hidden = !nearby;
  canvas.classList.toggle("on", Boolean(nearby) && data.choose);
  if (!nearby) return;
  tip.replaceChildren(element("b", "", nearby.text), `  ${nearby.note}`);
  const [px, py] = onCanvas(view, nearby.place);
  Object.assign(tip.dataset, { id: nearby.id, x: px, y: py, group: nearby.dots.name });
  placeTip(tip, view.width, [px + 14, canvas.offsetTop + py - 14], px - 14);
}

function choose(view, nearby) {
  if (nearby && view.data.choose && nearby.id !== view.data.chosen) view.send(nearby.id);
}

function pan(view, [px, py]) {
  const { drag, canvas } = view, [dx, dy] = [px - drag.from[0], py - drag.from[1]];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  drag.moved = true;
  canvas.classList.add("panning");
  const [wide, high] = inner(view), [[x0, x1], [y0, y1]] = drag.window;
  const [right, up] = [(dx / wide) * (x1 - x0), (dy / high) * (y1 - y0)];
  go(view, [[x0 - right, x1 - right], [y0 + up, y1 + up]]);
}

/** Makes the window larger by a factor; the place under the mouse stays. */
function zoom(view, factor, at) {
  const [wide, high] = inner(view), [xs, ys] = view.window;
  if (at && !inside(view, at)) return;
  const [u, v] = at ? [(at[0] - ROOM.left) / wide, 1 - (at[1] - ROOM.top) / high] : [0.5, 0.5];
  const scaled = ([low, top], share) => {
    const held = low + share * (top - low);
    return [held - (held - low) * factor, held + (top - held) * factor];
  };
  const next = [scaled(xs, u), scaled(ys, v)];
  const home = view.data.extent, share = (next[0][1] - next[0][0]) / (home[0][1] - home[0][0]);
  if (share > FINEST && share < 4) go(view, next);
}

const whole = (view) => go(view, view.data.extent.map((ends) => [...ends]));

function go(view, window) {
  view.window = window;
  point(view, null);
  inNextFrame(view, paint);
}
