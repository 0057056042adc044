// @ts-check
// Arcs from query to key.

import { fitted } from "../../easel/canvas.js";
import { rgba } from "../../easel/colors.js";
import { clip } from "../../easel/number_text.js";
import { strength, valueAt } from "./attention_numbers.js";
import { inkOf } from "./draw.js";

export const ROW = 15; // px between tokens of the arcs, at least
const LETTER = 7.3; // px of one in the columns' font, which has one width for all

export function arcsGeometry(view) {
  const { model, arcsHeight } = view;
  const width = view.arcsWidth;
  const most = Math.floor(arcsHeight / ROW);
  const [rows, keyRows] = [Math.min(model.T, most), Math.min(model.S, most)];
  const column = Math.max(20, Math.min(view.margin, width * 0.3));
  return { width, rows, keyRows, row: Math.min(36, arcsHeight / Math.max(rows, keyRows)), column, height: arcsHeight };
}

/** Which tokens the two columns show: around the query, with more of what came before it. Those of
    another text: around the key. */
function slideArcs(view, { rows, keyRows }) {
  const { model, focus } = view;
  const slide = (start, count, inSight, at) => {
    if (view.overArcs && start + inSight <= count) return start;
    return Math.max(0, Math.min(count - inSight, at - Math.floor(inSight * 0.75)));
  };
  view.arcsStart = slide(view.arcsStart, model.T, rows, focus.i);
  view.arcsKeyStart = model.twoTexts ? slide(view.arcsKeyStart, model.S, keyRows, focus.j) : view.arcsStart;
}

export function drawArcs(view) {
  const shape = arcsGeometry(view);
  slideArcs(view, shape);
  const base = [view.arcsStart, view.arcsKeyStart, shape.width, shape.rows, shape.keyRows].join();
  if (view.drawn.arcs !== base) drawFaintArcs(view, shape);
  view.drawn.arcs = base;
  const context = fitted(view.arcsOver, shape.width, shape.height);
  const { i } = view.focus;
  for (let j = 0; j < view.model.S; j++) {
    const value = valueAt(view.model, view.head, i, j), amount = strength(view.model, value);
    if (amount > 0.03) drawArc(context, view, shape, i, j, inkOf(view.model, value), amount, 0.75 + 3 * amount);
  }
  drawLitTokens(context, view, shape);
}

/** The columns' tokens and every query's larger weights, kept while the window stays. */
function drawFaintArcs(view, shape) {
  const context = fitted(view.arcsBase, shape.width, shape.height);
  const { model, look, arcsStart: start, arcsKeyStart: keyStart } = view;
  for (let i = start; i < start + shape.rows; i++) {
    for (let j = keyStart; j < keyStart + shape.keyRows; j++) {
      const amount = strength(model, valueAt(model, view.head, i, j));
      if (amount > 0.35) drawArc(context, view, shape, i, j, model.colors.masked, 0.3 * amount * amount, 1);
    }
  }
  context.fillStyle = look.text;
  context.globalAlpha = 0.62;
  for (let t = start; t < start + shape.rows; t++) arcToken(context, view, shape, t, false);
  for (let t = keyStart; t < keyStart + shape.keyRows; t++) arcToken(context, view, shape, t, true);
}

/** The height of a query, or at the right of a key. */
const arcY = (view, shape, t, right) => (t - (right ? view.arcsKeyStart : view.arcsStart) + 0.5) * shape.row;

function drawArc(context, view, shape, i, j, color, alpha, width) {
  const [x0, x1] = [shape.column + 6, shape.width - shape.column - 6];
  const [y0, y1] = [arcY(view, shape, i, false), arcY(view, shape, j, true)];
  const bend = (x1 - x0) * 0.45;
  context.strokeStyle = rgba(color, alpha);
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
  context.stroke();
}

function arcToken(context, view, shape, t, right, font = "") {
  context.font = `${font} 12px ${view.look.mono}`;
  Object.assign(context, { textAlign: right ? "left" : "right", textBaseline: "middle", direction: "ltr" });
  const most = Math.max(2, Math.floor(shape.column / LETTER));
  context.fillText(clip((right ? view.model.keyTokens : view.model.tokens)[t], most), right ? shape.width - shape.column : shape.column, arcY(view, shape, t, right));
}

/** The lit query and key over their plain labels. */
function drawLitTokens(context, view, shape) {
  const { model, focus, arcsStart, arcsKeyStart } = view;
  Object.assign(view.arcsOver.dataset, { query: focus.i, key: focus.j });
  const columns = [
    [focus.i, false, model.colors.queries, arcsStart, shape.rows],
    [focus.j, true, model.colors.keys, arcsKeyStart, shape.keyRows],
  ];
  for (const [t, right, color, start, rows] of columns) {
    if (t < start || t >= start + rows) continue;
    const left = right ? shape.width - shape.column - 4 : 0;
    context.fillStyle = view.look.page || "Canvas";
    context.fillRect(left, arcY(view, shape, t, right) - 8, shape.column + 4, 16);
    context.fillStyle = color;
    arcToken(context, view, shape, t, right, "bold");
  }
}
