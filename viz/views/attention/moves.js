// @ts-check
// Moving focus, head and window, and telling Python.

import { within } from "../../easel/keys.js";
import { later } from "../../easel/mounting.js";
import { entropyOf, headName, pairOf } from "./attention_numbers.js";
import { fillCaption } from "./dom.js";
import { paintHead, requestDraw } from "./draw.js";
import { drawMap } from "./map_pixels.js";

export const ZOOM_FROM = 97; // tokens: below, every cell is easy to hit

export function setFocus(view, i, j, force = false) {
  if (view.locked && !force) return;
  view.focus = { i, j };
  requestDraw(view);
}

export function toggleLock(view, i, j) {
  const same = view.locked && view.focus.i === i && view.focus.j === j;
  view.locked = !same;
  view.focus = { i, j };
  view.map.focus({ preventScroll: true });
  reportCell(view);
  requestDraw(view);
}

export function unlock(view) {
  if (!view.locked) return;
  view.locked = false;
  reportCell(view);
  requestDraw(view);
}

/** Keeps what is picked, should the page be built anew. */
export function remember(view) {
  const { head, focus, locked, at } = view;
  view.picks.remember({ head, focus, locked, at });
}

/** Tells Python one thing that was picked. */
export function say(view, name, value) {
  remember(view);
  view.report(name, value);
  acknowledge(view);
}

export const reportCell = (view) => say(view, "cell", lockedCell(view));

export const reportHead = (view) => say(view, "head", pairOf(view.model, view.head));

export function pickHead(view, head, delay = 0) {
  if (head === view.head || head < 0 || head >= view.model.L * view.model.H) return;
  view.head = head;
  paintHead(view);
  view.thumbs[head]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  later(view, "head", delay, () => reportHead(view));
}

const lockedCell = ({ locked, focus }) => (locked ? [focus.i, focus.j] : null);

/** The first report after a wish of Python's sends everything, then which wish it has seen: else a
    pick of the head that was reported before the wish would look like no pick at all. */
function acknowledge(view) {
  if (!view.picks.owesEpoch()) return;
  view.report("head", pairOf(view.model, view.head));
  view.report("cell", lockedCell(view));
  if (view.model.film) view.report("frame", view.at);
  view.report("epoch", view.picks.epoch);
}

/** The neighbour of the shown head: by layer and head, or in sorted order along the list. */
export function neighbour(view, down, right) {
  const { model, head, order, flow } = view;
  const step = down * model.H + right;
  if (!flow) {
    const column = (head % model.H) + right;
    return column < 0 || column >= model.H ? -1 : head + step;
  }
  return order[order.indexOf(head) + step] ?? -1;
}

export function along(view, step) {
  return view.order[view.order.indexOf(view.head) + step] ?? -1;
}

export function moveCell(view, di, dj) {
  const { T, S } = view.model;
  const [i, j] = [within(view.focus.i + di, T), within(view.focus.j + dj, S)];
  setFocus(view, i, j, true);
  if (view.locked) later(view, "cell", 200, () => reportCell(view));
  const { window } = view;
  const inside = (at, from, count) => Math.max(Math.min(from, at), at - count + 1);
  setWindow(view, { ...window, i: inside(i, window.i, window.rows), j: inside(j, window.j, window.columns) });
}

/** Whether the window shows only a part of the map. */
export function isZoomed({ window, model }) {
  return window.rows < model.T || window.columns < model.S;
}

/** Zooms by `factor` so that the cell at (u, v), 0 to 1 from the left and top, stays in place. */
export function zoom(view, factor, u = 0.5, v = 0.5) {
  const { window: { i, j, rows, columns }, model: { T, S } } = view;
  const zoomed = (shown, count) => Math.round(Math.max(Math.min(16, count), Math.min(count, shown * factor)));
  const next = { rows: zoomed(rows, T), columns: zoomed(columns, S) };
  setWindow(view, { ...next, i: Math.round(i + v * (rows - next.rows)), j: Math.round(j + u * (columns - next.columns)) });
}

export function setWindow(view, { i, j, rows, columns }) {
  const { model: { T, S }, window } = view;
  const next = { i: within(i, T - rows + 1), j: within(j, S - columns + 1), rows, columns };
  if (["i", "j", "rows", "columns"].every((name) => next[name] === window[name])) return;
  view.window = next;
  drawMap(view.base, view.model, view.head, next, { width: view.base.width, height: view.base.height });
  showWindow(view);
  requestDraw(view);
}

/** The caption of the large map: its head, and its entropy or, zoomed, which part is shown. */
export function showWindow(view) {
  const { detail, zoomBar, window: { i, j, rows, columns }, model, head } = view;
  zoomBar.classList.toggle("on", Math.max(model.T, model.S) >= ZOOM_FROM);
  const entropy = entropyOf(model, head);
  let note = entropy === null ? "" : `mean entropy ${entropy.toFixed(2)} nats`;
  if (isZoomed(view)) note = `queries ${i} to ${i + rows - 1}, keys ${j} to ${j + columns - 1}`;
  fillCaption(detail, [
    ["b", "", `${headName(model, head)} ${model.name}`], ["span", "query", "query ↓"],
    ["span", "key", "key →"], ["span", "", note],
  ]);
}
