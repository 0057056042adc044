// @ts-check
// Moving focus, head and window, and telling Python.

import { within } from "../../easel/keys.js";
import { later } from "../../easel/mounting.js";
import { entropyOf, headName } from "./attention_numbers.js";
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

export function reportCell(view) {
  remember(view);
  view.report("cell", lockedCell(view));
  acknowledge(view);
}

export function pickHead(view, head, delay = 0) {
  if (head === view.head || head < 0 || head >= view.model.L * view.model.H) return;
  view.head = head;
  paintHead(view);
  view.thumbs[head]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  later(view, "head", delay, () => reportHead(view));
}

export function reportHead(view) {
  view.report("head", headPair(view));
  acknowledge(view);
}

const headPair = ({ model, head }) => [Math.floor(head / model.H), head % model.H];

const lockedCell = ({ locked, focus }) => (locked ? [focus.i, focus.j] : null);

/** The first report after a wish of Python's sends everything, then which wish it has seen: else a
    pick of the head that was reported before the wish would look like no pick at all. */
export function acknowledge(view) {
  if (!view.picks.owesEpoch()) return;
  view.report("head", headPair(view));
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
  const { T } = view.model;
  const [i, j] = [within(view.focus.i + di, T), within(view.focus.j + dj, T)];
  setFocus(view, i, j, true);
  if (view.locked) later(view, "cell", 200, () => reportCell(view));
  const { n } = view.window;
  const inside = (at, from) => Math.max(Math.min(from, at), at - n + 1);
  setWindow(view, inside(i, view.window.i), inside(j, view.window.j), n);
}

/** Zooms by `factor` so that the cell at (u, v), 0 to 1 from the left and top, stays in place. */
export function zoom(view, factor, u = 0.5, v = 0.5) {
  const { i, j, n } = view.window;
  const next = Math.round(Math.max(16, Math.min(view.model.T, n * factor)));
  setWindow(view, Math.round(i + v * (n - next)), Math.round(j + u * (n - next)), next);
}

export function setWindow(view, i, j, n) {
  const places = view.model.T - n + 1;
  const next = { i: within(i, places), j: within(j, places), n };
  const { window } = view;
  if (next.i === window.i && next.j === window.j && next.n === window.n) return;
  view.window = next;
  const side = view.base.width;
  drawMap(view.base, view.model, view.head, next, side, Math.min(n, side));
  showWindow(view);
  requestDraw(view);
}

/** The caption of the large map: its head, and its entropy or, zoomed, which part is shown. */
export function showWindow({ detail, zoomBar, window: { i, j, n }, model, head }) {
  zoomBar.classList.toggle("on", model.T >= ZOOM_FROM);
  const entropy = entropyOf(model, head);
  let note = entropy === null ? "" : `mean entropy ${entropy.toFixed(2)} nats`;
  if (n < model.T) note = `queries ${i} to ${i + n - 1}, keys ${j} to ${j + n - 1}`;
  fillCaption(detail, [
    ["b", "", `${headName(model, head)} ${model.name}`], ["span", "query", "query ↓"],
    ["span", "key", "key →"], ["span", "", note],
  ]);
}
