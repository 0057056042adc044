// @ts-check
// Tokens along the two sides of a map: queries left of it, keys below it.

import { fitted, penOf } from "./canvas.js";
import { clip } from "./number_text.js";

export const EDGE = 8; // px by which the first and last labels stand over the map's edge
const LETTERS = 11;

/**
 * Room for the labels, in px.
 * @param {HTMLCanvasElement} canvas
 * @param {string[]} tokens
 * @param {string} mono the face
 */
export function axisMargin(canvas, tokens, mono) {
  const pen = penOf(canvas);
  pen.font = `11px ${mono}`;
  const widest = Math.max(...tokens.map((token) => pen.measureText(clip(token, LETTERS)).width));
  return Math.ceil(Math.min(86, Math.max(30, widest + 12)));
}

/**
 * @typedef {object} Axis
 * @property {string[]} tokens
 * @property {number} first the first that the map shows
 * @property {number} count how many it shows
 * @property {number} lit the one in its accent
 * @property {string} accent
 * @property {number} [every] which of them are printed: each first, second, …
 * @property {number} [size] of the letters, px
 * @property {number[]} [warned] others that are printed in `warning`
 *
 * @typedef {object} Frame
 * @property {number} mapWidth in px
 * @property {number} mapHeight
 * @property {number} margin
 * @property {{text: string, mono: string}} look
 * @property {string} [warning] a colour
 */

/**
 * Draws both axes.
 * @param {HTMLCanvasElement} canvas
 * @param {Frame} frame
 * @param {Axis} rows
 * @param {Axis} columns
 */
export function drawTokenAxes(canvas, frame, rows, columns) {
  const { mapWidth, mapHeight, margin } = frame;
  const pen = fitted(canvas, mapWidth + margin + EDGE, mapHeight + margin + EDGE);
  pen.translate(0, EDGE);
  Object.assign(pen, { textBaseline: "middle", direction: "ltr" });
  drawAxis(pen, frame, rows, false);
  drawAxis(pen, frame, columns, true);
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Frame} frame
 * @param {Axis} axis
 * @param {boolean} below
 */
function drawAxis(pen, { mapWidth, mapHeight, margin, look, warning = "" }, axis, below) {
  const { tokens, first, count, lit, accent, size = 11, warned = [] } = axis;
  const cell = (below ? mapWidth : mapHeight) / count;
  const every = axis.every ?? Math.max(1, Math.ceil(13 / cell));
  const upright = below && cell * every >= margin - 4; // room for the keys' labels side by side
  /** @param {number} at @param {string} color @param {string} weight */
  const label = (at, color, weight) => {
    pen.save();
    pen.font = `${weight} ${size}px ${look.mono}`;
    pen.fillStyle = color;
    const place = (at - first + 0.5) * cell;
    if (below) pen.translate(margin + place, mapHeight + (upright ? 12 : 6));
    else pen.translate(margin - 6, place);
    if (below && !upright) pen.rotate(-Math.PI / 2);
    pen.textAlign = upright ? "center" : "right";
    pen.fillText(clip(tokens[at], LETTERS), 0, 0.5);
    pen.restore();
  };
  const free = (/** @type {number} */ at) => at !== lit && (every === 1 || Math.abs(at - lit) * cell >= 12);
  pen.globalAlpha = 0.62;
  for (let at = Math.ceil(first / every) * every; at < first + count; at += every) {
    if (free(at)) label(at, look.text, "");
  }
  pen.globalAlpha = 1;
  for (const at of warned) if (free(at)) label(at, warning, "bold");
  if (lit >= first && lit < first + count) label(lit, accent, "bold");
}
