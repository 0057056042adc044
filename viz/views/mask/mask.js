// @ts-check
// The mask editor, drawn on plain canvas. A stroke is drawn at once; Python hears of it at its end.

import { fitted, frameBox, hatch } from "../../easel/canvas.js";
import { element, setColors } from "../../easel/elements.js";
import { mapSize } from "../../easel/map_shape.js";
import { arrowStep, cellUnder, hasModifier, isEnter, within } from "../../easel/keys.js";
import { later, lookOf, mounted, unmounted } from "../../easel/mounting.js";
import { Picks } from "../../easel/picks.js";
import { axisMargin, drawTokenAxes, EDGE } from "../../easel/token_axes.js";

const LARGEST = 560; // px, the longer side of the grid
const STROKES = 100; // that can be taken back
const REST = 250; // ms without a key until the mask is reported

export default function ({ data, key, parentElement, setStateValue }) {
  const view = mounted(parentElement, ".editor", (root) => createView(root, key), layout);
  view.report = setStateValue;
  update(view, data);
  return () => {
    unmounted(view);
    if (view.unsaid) say(view); // what was drawn last is not lost with the page's next change
  };
}

function createView(root, key) {
  const find = (selector) => root.querySelector(selector);
  const view = {
    root, picks: new Picks(key), readout: find(".readout"), frame: find(".frame"), axes: find(".axes"),
    map: find(".map"), cells: find(".cells"), over: find(".over"),
    tokens: [], keyTokens: [], T: 0, S: 0, mask: null, cursor: { i: 0, j: 0 }, stroke: null, undo: [],
    blind: [], unsaid: false, look: null, width: 0, mapWidth: 0, mapHeight: 0, margin: 0,
  };
  bindEvents(view);
  return view;
}

function update(view, data) {
  const keyTokens = data.keyTokens ?? data.tokens;
  const [T, S] = [data.tokens.length, keyTokens.length];
  if (view.picks.follow({ epoch: data.epoch, T, S }, !view.mask)) {
    Object.assign(view, { T, S, mask: unpack(data.bits, T * S), undo: [], unsaid: false });
    view.cursor = { i: within(view.cursor.i, T), j: within(view.cursor.j, S) };
  }
  Object.assign(view, { tokens: data.tokens, keyTokens });
  view.colors = data.colors;
  setColors(view.root, data.colors);
  view.look = lookOf(view.root);
  layout(view);
}

// ---------------------------------------------------------------- the mask as bits

export function unpack(text, cells) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Uint8Array.from({ length: cells }, (_, n) => (bytes[n >> 3] >> (7 - (n & 7))) & 1);
}

export function pack(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((bit, n) => (bytes[n >> 3] |= bit << (7 - (n & 7))));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The queries that may see no key. */
export function blindRows({ mask, T, S }) {
  const rows = Array.from({ length: T }, (_, i) => i);
  return rows.filter((i) => !mask.subarray(i * S, (i + 1) * S).includes(1));
}

// ---------------------------------------------------------------- drawing

function layout(view) {
  const { root, map, frame, axes, T, S } = view;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  view.margin = axisMargin(axes, [...view.tokens, ...view.keyTokens], view.look.mono);
  const side = Math.floor(Math.min(LARGEST, view.width - view.margin - EDGE, Math.max(120, Math.max(T, S) * 28)));
  const { width, height } = mapSize(T, S, side);
  Object.assign(view, { mapWidth: width, mapHeight: height });
  frame.style.height = `${height + view.margin}px`;
  Object.assign(map.style, { left: `${view.margin}px`, width: `${width}px`, height: `${height}px` });
  paint(view);
}

/** Every cell, then what follows the cursor; the root says what is shown. */
function paint(view) {
  const { root, T, S, mapWidth, mask } = view;
  view.blind = blindRows(view);
  drawCells(view);
  point(view);
  Object.assign(root.dataset, {
    tokens: T, keyTokens: S, epoch: view.picks.epoch, blind: view.blind.join(","), side: mapWidth,
    seen: mask.reduce((sum, bit) => sum + bit, 0), bits: pack(mask),
  });
}

/** What follows the cursor while the mask stays as it is. */
function point(view) {
  drawAxes(view);
  drawCursor(view);
}

function drawCells(view) {
  const { T, S, mapWidth, mapHeight, mask, colors, blind } = view;
  const context = fitted(view.cells, mapWidth, mapHeight);
  const [wide, high] = [mapWidth / S, mapHeight / T];
  const gap = Math.min(wide, high) >= 9 ? 1 : 0; // narrower ones would flicker with their lines
  hatch(context, [0, 0], [mapWidth, mapHeight], colors.masked);
  context.fillStyle = colors.seen;
  for (let i = 0; i < T; i++) {
    for (let j = 0; j < S; j++) {
      if (!mask[i * S + j]) continue;
      const [x, y] = [Math.round(j * wide), Math.round(i * high)];
      context.fillRect(x, y, Math.round((j + 1) * wide) - x - gap, Math.round((i + 1) * high) - y - gap);
    }
  }
  context.fillStyle = colors.invalid;
  for (const i of blind) context.fillRect(0, i * high, mapWidth, Math.max(2, high - gap));
}

function drawAxes(view) {
  const { axes, T, S, tokens, keyTokens, cursor, colors, blind } = view;
  const rows = { tokens, first: 0, count: T, lit: cursor.i, accent: colors.queries, warned: blind };
  const columns = { tokens: keyTokens, first: 0, count: S, lit: cursor.j, accent: colors.keys };
  drawTokenAxes(axes, { ...view, warning: colors.invalid }, rows, columns);
}

function drawCursor(view) {
  const { over, mapWidth, mapHeight, T, S, cursor: { i, j } } = view;
  const context = fitted(over, mapWidth, mapHeight);
  const [wide, high] = [mapWidth / S, mapHeight / T];
  const [width, height] = [Math.max(wide, 5), Math.max(high, 5)];
  const [x, y] = [(j + 0.5) * wide - width / 2, (i + 0.5) * high - height / 2];
  frameBox(context, [x + 0.5, y + 0.5, width - 1, height - 1], [["rgba(0,0,0,.6)", 3], ["#fff", 1.4]]);
  drawReadout(view);
}

function drawReadout({ readout, tokens, keyTokens, mask, S, cursor: { i, j } }) {
  const seen = Boolean(mask[i * S + j]);
  const part = (className, text) => element("span", className, text);
  readout.replaceChildren(
    part("role", `query ${i}`), part("token query", tokens[i]),
    part("", seen ? "may see" : "may not see"), part("role", `key ${j}`), part("token key", keyTokens[j]),
  );
  Object.assign(readout.dataset, { query: i, key: j, seen });
}

// ---------------------------------------------------------------- strokes

function begin(view) {
  view.undo.push(view.mask.slice());
  if (view.undo.length > STROKES) view.undo.shift();
}

function set(view, i, j, value) {
  view.mask[i * view.S + j] = value;
}

/** Sets every cell on the way, so that a fast stroke has no holes. */
export function line(view, from, to, value) {
  const steps = Math.max(Math.abs(to.i - from.i), Math.abs(to.j - from.j), 1);
  for (let n = 0; n <= steps; n++) {
    set(view, Math.round(from.i + ((to.i - from.i) * n) / steps), Math.round(from.j + ((to.j - from.j) * n) / steps), value);
  }
}

function say(view) {
  view.unsaid = false;
  view.report("drawn", [view.picks.epoch, pack(view.mask)]);
}

/** A held key reports once, when it rests. */
function sayLater(view) {
  view.unsaid = true;
  later(view, "say", REST, () => say(view));
}

function takeBack(view) {
  if (!view.undo.length) return;
  view.mask = view.undo.pop();
  paint(view);
  sayLater(view);
}

// ---------------------------------------------------------------- events: assigned, never added

function cellAt({ map, T, S }, event) {
  const [i, j] = cellUnder(map, event, T, S);
  return { i, j };
}

function bindEvents(view) {
  const { map } = view;
  map.onpointerdown = (event) => {
    if (event.button) return;
    map.focus({ preventScroll: true });
    map.setPointerCapture(event.pointerId);
    const at = cellAt(view, event);
    begin(view);
    view.stroke = { value: view.mask[at.i * view.S + at.j] ? 0 : 1, at };
    view.cursor = at;
    set(view, at.i, at.j, view.stroke.value);
    paint(view);
    event.preventDefault();
  };
  map.onpointermove = (event) => {
    const at = cellAt(view, event);
    if (at.i === view.cursor.i && at.j === view.cursor.j) return;
    view.cursor = at;
    if (!view.stroke) return point(view);
    line(view, view.stroke.at, at, view.stroke.value);
    view.stroke.at = at;
    paint(view);
  };
  map.onpointerup = map.onpointercancel = () => {
    if (!view.stroke) return;
    view.stroke = null;
    say(view);
  };
  map.onkeydown = (event) => onKey(view, event);
}

function onKey(view, event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") takeBack(view);
  else if (hasModifier(event)) return;
  else if (arrowStep(event)) move(view, ...arrowStep(event), event.shiftKey);
  else if (isEnter(event)) toggle(view);
  else return;
  event.preventDefault();
}

/** With Shift the cell that is left gives its value to the one that is entered. */
function move(view, down, right, painting) {
  const { i, j } = view.cursor;
  view.cursor = { i: within(i + down, view.T), j: within(j + right, view.S) };
  if (painting) {
    begin(view);
    set(view, view.cursor.i, view.cursor.j, view.mask[i * view.S + j]);
    sayLater(view);
    paint(view);
  } else point(view);
}

function toggle(view) {
  const { i, j } = view.cursor;
  begin(view);
  set(view, i, j, view.mask[i * view.S + j] ? 0 : 1);
  paint(view);
  sayLater(view);
}
