// @ts-check
// Drawing: a map per head, and over it what follows the focus.

import { fitted, pixelRatio } from "../../easel/canvas.js";
import { rgba } from "../../easel/colors.js";
import { setTo } from "../../easel/elements.js";
import { inNextFrame } from "../../easel/mounting.js";
import { fourDecimals } from "../../easel/number_text.js";
import { drawTokenAxes } from "../../easel/token_axes.js";
import { drawArcs } from "./arcs.js";
import { headName, pairOf, strength, valueAt } from "./attention_numbers.js";
import { paintThumbs } from "./grid.js";
import { drawMap } from "./map_pixels.js";
import { fillMarks } from "./marks.js";
import { remember, showWindow } from "./moves.js";

const ALL_LABELS = 48; // tokens: above, only some axis labels fit

export function paint(view) {
  paintHead(view);
  paintThumbs(view);
  view.root.dataset.painted = view.model.digest;
}

export function paintHead(view) {
  const { model, head } = view;
  const [width, height] = [view.mapWidth, view.mapHeight].map((length) => Math.round(length * pixelRatio()));
  drawMap(view.base, model, head, view.window, { width, height });
  Object.assign(view.base.style, { width: `${view.mapWidth}px`, height: `${view.mapHeight}px` });
  view.map.setAttribute("aria-label", `Attention of ${headName(model, head)}. Arrow keys move the cell, shift and arrow keys change the head.`);
  view.root.dataset.selectedHead = pairOf(model, head).join();
  const reached = view.thumbs[head] ? head : view.order[0]; // one thumbnail is in the Tab order
  view.thumbs.forEach((thumb, n) => {
    setTo(thumb, "aria-pressed", n === head);
    setTo(thumb, "tabindex", n === reached ? 0 : -1);
  });
  fillMarks(view);
  showWindow(view);
  view.drawn = {};
  draw(view);
  remember(view);
}

export const requestDraw = (view) => inNextFrame(view, draw);

function draw(view) {
  const { i, j } = view.focus;
  const { i: top, j: left, rows } = view.window;
  const state = [i, j, view.locked, top, left, rows, view.arcsStart, view.arcsKeyStart].join();
  if (view.drawn.state === state) return;
  // First, for it asks where things are: later, all that changed would have to be laid out for it.
  if (!view.overStrip && view.inSight !== view.tokens[i]) scrollInto(view.strip, (view.inSight = view.tokens[i]));
  drawReadout(view);
  drawStrip(view);
  drawCross(view);
  drawAxes(view);
  drawArcs(view);
  view.drawn.state = state;
  view.drawn.query = i;
}

function drawReadout({ model, head, focus: { i, j }, locked, parts, readout }) {
  const value = valueAt(model, head, i, j);
  const text = typeof value === "number" ? fourDecimals(value) : value === "masked" ? "masked" : "";
  parts.head.textContent = headName(model, head);
  for (const [role, at, tokens] of [["query", i, model.tokens], ["key", j, model.keyTokens]]) {
    parts[role].index.textContent = `${role} ${at} `;
    parts[role].token.textContent = tokens[at];
  }
  parts.value.textContent = text || `loading ${headName(model, head)}…`;
  parts.value.classList.toggle("none", typeof value !== "number");
  parts.lock.textContent = locked ? "locked, Esc to release" : "";
  const [l, h] = pairOf(model, head);
  Object.assign(readout.dataset, { layer: l, head: h, query: i, key: j, view: model.name, value: text, weight: text, locked });
}

/** Tints the keys by the query's numbers; keys that it may not see are faded. */
function drawStrip(view) {
  const { model, head, focus: { i, j }, tokens, keySpans, drawn, looks } = view;
  if (drawn.query !== i) {
    keySpans.forEach((span, key) => {
      const value = valueAt(model, head, i, key);
      const look = value === "masked" ? null : tint(model, value);
      if (looks[key] === look) return; // of a long prompt, most stay as they are
      looks[key] = look;
      span.classList.toggle("unseen", look === null);
      span.style.background = look ?? "";
    });
  }
  const lit = [tokens[i], keySpans[j]];
  if (view.lit[0] === lit[0] && view.lit[1] === lit[1]) return;
  view.lit.forEach((span) => span.classList.remove("query", "key"));
  view.lit = lit;
  lit[0].classList.add("query");
  lit[1].classList.add("key");
}

function tint(model, value) {
  const amount = 0.62 * strength(model, value);
  if (amount < 0.02) return "";
  return rgba(inkOf(model, value), amount.toFixed(3));
}

/** The hue of one number outside of maps: the keys' accent, or the signed scale's two sides. */
export function inkOf(model, value) {
  if (!model.signed) return model.colors.keys;
  const { scale } = model;
  return scale[Math.round((scale.length - 1) * (value < 0 ? 0.15 : 0.85))][1];
}

/** Scrolls by whole lines, leaving two above the child where there are two. */
function scrollInto(box, child) {
  if (box.scrollHeight <= box.clientHeight) return;
  const top = child.offsetTop - box.offsetTop - 2;
  const pitch = child.offsetHeight + 3;
  const hidden = top < box.scrollTop || top + pitch > box.scrollTop + box.clientHeight;
  if (hidden) box.scrollTop = Math.max(0, top - 2 * pitch);
}

/** Two thin lines along the row and the column, and a frame around the cell. */
function drawCross({ over, mapWidth, mapHeight, window, focus, locked }) {
  const context = fitted(over, mapWidth, mapHeight);
  const [wide, high] = [mapWidth / window.columns, mapHeight / window.rows];
  const x = (focus.j - window.j) * wide;
  const y = (focus.i - window.i) * high;
  const [width, height] = [Math.max(wide, 7), Math.max(high, 7)];
  const [left, top] = [x + (wide - width) / 2, y + (high - height) / 2];
  /** @type {[string, number][]} */
  const strokes = [["rgba(0,0,0,.55)", 3], [`rgba(255,255,255,${locked ? 1 : 0.85})`, 1]];
  for (const [color, thickness] of strokes) {
    context.strokeStyle = color;
    context.lineWidth = thickness;
    context.beginPath();
    const middle = [x + wide / 2, y + high / 2];
    for (const [from, to] of [[0, left], [left + width, mapWidth]]) line(context, from, middle[1], to, middle[1]);
    for (const [from, to] of [[0, top], [top + height, mapHeight]]) line(context, middle[0], from, middle[0], to);
    context.globalAlpha = 0.4;
    context.stroke();
    context.globalAlpha = 1;
    context.lineWidth = thickness + (locked ? 1 : 0.5);
    context.strokeRect(left, top, width, height);
  }
}

function line(context, x0, y0, x1, y1) {
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
}

/** Labels of queries left of the map and of keys below it; the lit ones in their accents. */
function drawAxes(view) {
  const { axes, mapWidth, mapHeight, window: { i, j, rows, columns }, model: { tokens, keyTokens, colors }, focus } = view;
  const axis = (labels, first, count, length, lit, accent) => {
    const cell = length / count;
    const every = count <= ALL_LABELS && cell >= 7.5 ? 1 : Math.ceil(Math.max(count / 24, 13 / cell));
    return { tokens: labels, first, count, lit, accent, every, size: every === 1 ? Math.max(9, Math.min(11, cell)) : 11 };
  };
  const down = axis(tokens, i, rows, mapHeight, focus.i, colors.queries);
  drawTokenAxes(axes, view, down, axis(keyTokens, j, columns, mapWidth, focus.j, colors.keys));
}
