// @ts-check
// Events: assigned, never added, since the module runs again at each change.

import { arrowStep, cellUnder, hasModifier, isEnter } from "../../easel/keys.js";
import { arcsGeometry } from "./arcs.js";
import { strongest } from "./attention_numbers.js";
import { toggleMark } from "./marks.js";
import { along, isZoomed, moveCell, neighbour, pickHead, setFocus, setWindow, toggleLock, unlock, zoom, ZOOM_FROM } from "./moves.js";

const WHEEL_FROM = 513; // tokens: below, a plain wheel keeps scrolling the page

export function bindEvents(view) {
  bindMap(view);
  view.strip.onpointermove = view.strip.onclick = (event) => {
    const { index, role } = event.target.dataset ?? {};
    if (index === undefined) return;
    const ofKey = role === "key";
    const i = ofKey ? view.focus.i : Number(index);
    const j = ofKey ? Number(index) : strongest(view.model, view.head, i);
    view.overStrip = true;
    if (event.type === "click") toggleLock(view, i, j);
    else if (ofKey ? view.focus.j !== j : view.focus.i !== i) setFocus(view, i, j);
  };
  view.strip.onpointerleave = () => (view.overStrip = false);
  view.arcsBox.onpointermove = view.arcsBox.onclick = (event) => onArcs(view, event);
  view.arcsBox.onpointerleave = () => (view.overArcs = false);
  view.grid.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) pickHead(view, Number(button.dataset.head));
  };
  view.grid.onkeydown = (event) => {
    if (onMarkKey(view, event)) return;
    const [down, right] = arrowStep(event) ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    pickHead(view, neighbour(view, down, right), 150);
    view.thumbs[view.head]?.focus();
  };
  view.zoomBar.onclick = (event) => {
    const action = event.target.dataset?.zoom;
    if (action) zoom(view, { in: 0.5, out: 2, reset: Infinity }[action], ...aroundFocus(view));
  };
  view.root.onkeydown = (event) => {
    if (event.key === "Escape") unlock(view);
  };
}

function aroundFocus({ window: { i, j, rows, columns }, focus }) {
  const inside = (x) => (x >= 0 && x <= 1 ? x : 0.5);
  return [inside((focus.j - j + 0.5) / columns), inside((focus.i - i + 0.5) / rows)];
}

function bindMap(view) {
  const { map } = view;
  map.onpointermove = (event) => {
    if (view.drag && pan(view, event)) return;
    setFocus(view, ...cellAt(view, event));
  };
  map.onpointerdown = (event) => {
    if (isZoomed(view)) view.drag = { x: event.clientX, y: event.clientY, from: view.window, moved: false };
    if (view.drag) map.setPointerCapture(event.pointerId);
  };
  map.onpointerup = map.onpointercancel = () => {
    view.panned = view.drag?.moved;
    view.drag = null;
    map.classList.remove("panning");
  };
  map.onclick = (event) => {
    if (!view.panned) toggleLock(view, ...cellAt(view, event));
    view.panned = false;
  };
  map.onwheel = (event) => {
    const length = Math.max(view.model.T, view.model.S);
    const wanted = length >= WHEEL_FROM || ((event.ctrlKey || event.metaKey) && length >= ZOOM_FROM);
    if (!wanted) return;
    event.preventDefault();
    const box = map.getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    zoom(view, event.deltaY > 0 ? 1.25 : 0.8, u, v);
  };
  map.onkeydown = (event) => onMapKey(view, event);
}

const MARK_KEYS = { s: "solo", h: "hidden", p: "pinned", a: "all" };

function onMarkKey(view, event) {
  const mark = MARK_KEYS[event.key];
  if (!view.marks || !mark || hasModifier(event)) return false;
  event.preventDefault();
  toggleMark(view, mark);
  return true;
}

/** The cell [query, key] under the mouse: the box holds exactly the window's cells. */
function cellAt({ map, window: { i, j, rows, columns } }, event) {
  const [row, column] = cellUnder(map, event, rows, columns);
  return [i + row, j + column];
}

function pan(view, event) {
  const { drag } = view;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return false;
  drag.moved = true;
  view.map.classList.add("panning");
  const { i, j, rows, columns } = drag.from;
  const moved = { i: Math.round(i - (dy * rows) / view.mapHeight), j: Math.round(j - (dx * columns) / view.mapWidth) };
  setWindow(view, { ...drag.from, ...moved });
  return true;
}

function onMapKey(view, event) {
  if (hasModifier(event)) return;
  const [down, right] = arrowStep(event) ?? [0, 0];
  const heads = { "[": -1, "]": 1, PageUp: -1, PageDown: 1 };
  if (down || right) {
    if (event.shiftKey) pickHead(view, neighbour(view, down, right), 150);
    else moveCell(view, down, right);
  } else if (event.key in heads) pickHead(view, along(view, heads[event.key]), 150);
  else if (isEnter(event)) toggleLock(view, view.focus.i, view.focus.j);
  else if (!onMarkKey(view, event)) return;
  event.preventDefault();
}

/** Left column: the query, with its strongest key. Right column: another key of the same query. */
function onArcs(view, event) {
  view.overArcs = true;
  const shape = arcsGeometry(view);
  const box = view.arcsBox.getBoundingClientRect();
  const right = event.clientX - box.left > box.width / 2;
  const [start, rows] = right ? [view.arcsKeyStart, shape.keyRows] : [view.arcsStart, shape.rows];
  const t = start + Math.floor((event.clientY - box.top) / shape.row);
  if (t < start || t >= start + rows) return;
  const i = right ? view.focus.i : t;
  const j = right ? t : strongest(view.model, view.head, t);
  if (event.type === "click") toggleLock(view, i, j);
  else setFocus(view, i, j);
}
