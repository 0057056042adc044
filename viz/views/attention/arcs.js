// @ts-check
// Arcs from query to key.

import { fitted } from "../../easel/canvas.js";
import { rgba } from "../../easel/colors.js";
import { clip } from "../../easel/number_text.js";
import { strength, valueAt } from "./attention_numbers.js";
import { inkOf } from "./draw.js";

export const ROW = 15; // px between tokens of the arcs, at least

export function arcsGeometry(view) {
  const { model, arcsHeight } = view;
  const width = view.arcsWidth;
  const rows = Math.min(model.T, Math.floor(arcsHeight / ROW));
  const column = Math.max(20, Math.min(view.margin, width * 0.3));
  return { width, rows, row: Math.min(36, arcsHeight / rows), column, height: arcsHeight };
}

/** Which tokens the two columns show: around the query, with more of what came before it. */
function slideArcs(view, rows) {
  const { model, focus } = view;
  if (view.overArcs && view.arcsStart + rows <= model.T) return view.arcsStart;
  return Math.max(0, Math.min(model.T - rows, focus.i - Math.floor(rows * 0.75)));
}

export function drawArcs(view) {
  const shape = arcsGeometry(view);
  view.arcsStart = slideArcs(view, shape.rows);
  const base = [view.arcsStart, shape.width, shape.rows].join();
  if (view.drawn.arcs !== base) drawFaintArcs(view, shape);
  view.drawn.arcs = base;
  const context = fitted(view.arcsOver, shape.width, shape.height);
  const { i } = view.focus;
  for (let j = 0; j < view.model.T; j++) {
    const value = valueAt(view.model, view.head, i, j);
    const amount = typeof value === "number" ? strength(view.model, value) : 0;
    if (amount > 0.03) drawArc(context, view, shape, i, j, inkOf(view.model, value), amount, 0.75 + 3 * amount);
  }
  drawLitTokens(context, view, shape);
}

/** The columns' tokens and every query's larger weights, kept while the window stays. */
function drawFaintArcs(view, shape) {
  const context = fitted(view.arcsBase, shape.width, shape.height);
  const { model, look, arcsStart: start } = view;
  for (let i = start; i < start + shape.rows; i++) {
    for (let j = start; j < start + shape.rows; j++) {
      const value = valueAt(model, view.head, i, j);
      const amount = typeof value === "number" ? strength(model, value) : 0;
      if (amount > 0.35) drawArc(context, view, shape, i, j, model.colors.masked, 0.3 * amount * amount, 1);
    }
  }
  context.fillStyle = look.text;
  context.globalAlpha = 0.62;
  for (let t = start; t < start + shape.rows; t++) for (const right of [false, true]) arcToken(context, view, shape, t, right);
}

const arcY = (view, shape, t) => (t - view.arcsStart + 0.5) * shape.row;

function drawArc(context, view, shape, i, j, color, alpha, width) {
  const [x0, x1] = [shape.column + 6, shape.width - shape.column - 6];
  const [y0, y1] = [arcY(view, shape, i), arcY(view, shape, j)];
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
  context.fillText(clip(view.model.tokens[t], 10), right ? shape.width - shape.column : shape.column, arcY(view, shape, t));
}

/** The lit query and key over their plain labels. */
function drawLitTokens(context, view, shape) {
  const { model, focus, arcsStart: start } = view;
  for (const [t, right, color] of [[focus.i, false, model.colors.queries], [focus.j, true, model.colors.keys]]) {
    if (t < start || t >= start + shape.rows) continue;
    const left = right ? shape.width - shape.column - 4 : 0;
    context.fillStyle = view.look.page || "Canvas";
    context.fillRect(left, arcY(view, shape, t) - 8, shape.column + 4, 16);
    context.fillStyle = color;
    arcToken(context, view, shape, t, right, "bold");
  }
}
