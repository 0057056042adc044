// @ts-check
// One matrix on the page: a box that scrolls, a canvas with its cells and one with what is lit.
//
// In colours the whole matrix fills the box. In numbers the cells are large enough for digits, and
// the canvas, which stays in place while the box scrolls, draws those that are in sight.

import { cellImage, fitted, frameBox, pixelRatio } from "../../easel/canvas.js";
import { inkOn, rgba, unpacked } from "../../easel/colors.js";
import { dimension, formulaParts } from "../../easel/dimensions.js";
import { element } from "../../easel/elements.js";
import { clip, longText, plain, shortText, typeset } from "../../easel/number_text.js";
import { bindMatrix } from "./head.js";
import { numberAt, paintOf, tokenOf } from "./matrix_numbers.js";

export const CELL_HEIGHT = 19; // px, of a cell with digits
export const HEADER = 16; // px, above cells with digits

export function createMatrix(view, matrix) {
  const textAt = (row, column) => longText(numberAt(part.matrix, row, column));
  const [base, over] = [element("canvas", "base", { textAt }), element("canvas", "over")];
  const spacer = element("div", "spacer", element("div", "sheet", base, over)); // it stays in place while the box scrolls
  const ariaLabel = `${matrix.name}, ${matrix.rows} × ${matrix.columns}. Arrow keys move over its numbers.`;
  const box = element("div", "box", { tabIndex: 0, role: "application", ariaLabel }, spacer);
  const data = { matrix: matrix.name, rows: matrix.dims[0], columns: matrix.dims[1] };
  const figure = element("figure", `matrix ${matrix.accent}`, { data }, captionOf(matrix), box);
  const part = { matrix, figure, box, spacer, base, over, image: null, lit: "", painted: false };
  hatchMasked(view, part);
  bindMatrix(view, part);
  return part;
}

/** Other numbers in the same place. A matrix that they leave as it was, as the learned ones, is not painted again. */
export function renew(view, part, matrix) {
  const before = part.matrix;
  const same = (a, b) => a === b || (a && b && a.length === b.length && a.every((n, at) => Object.is(n, b[at])));
  if (before.formula !== matrix.formula || before.limit !== matrix.limit) part.figure.firstChild.replaceWith(captionOf(matrix));
  if (before.limit !== matrix.limit || !same(before.values, matrix.values) || !same(before.seen, matrix.seen)) {
    Object.assign(part, { image: null, painted: false });
  }
  part.matrix = matrix;
  hatchMasked(view, part);
  bindMatrix(view, part);
}

/** What the mask hides is see-through in colours, and shows the hatching behind it. */
function hatchMasked({ model }, { matrix, box }) {
  box.classList.toggle("hatched", matrix.masks && model.cells === "colours");
}

/** Step, name, shape and formula; names of dimensions are buttons. */
function captionOf(matrix) {
  const [letter, ...small] = matrix.name; // Wq is W with a small q
  const isLearned = /^[Wb][qkv]$/.test(matrix.name);
  const name = isLearned ? [letter, element("sub", "", small.join(""))] : [matrix.name];
  const shape = ["(", sizeOf(matrix.dims[0], matrix.rows), ", ", sizeOf(matrix.dims[1], matrix.columns), ")"];
  const limits = matrix.kind === "weights" ? "0 to 1" : `±${plain(matrix.limit)}`;
  const ends = element("span", "ends", { title: "ends of the colour scale" }, limits);
  const title = matrix.formula.replace(/[{}]/g, "");
  return element("figcaption", "",
    element("span", "step", String(matrix.step)), element("span", "name", ...name), element("span", "shape", ...shape),
    element("span", "formula", { title }, ...formulaParts(matrix.formula, typeset), " · ", ends));
}

const sizeOf = (dim, size) => (dim === "1" ? "1" : dimension(dim, size));

// ---------------------------------------------------------------- sizes

/** Cells fill the box, or have room for digits. `width`: of the box; `height`: at most. */
export function sizeMatrix(view, part, width, height, digits) {
  const { matrix } = part;
  const gutter = digits ? view.gutter : 0;
  const top = digits && matrix.dims[0] !== "1" ? HEADER : 0;
  const wide = digits ? Math.max(view.digitWidth, (width - gutter) / matrix.columns) : width / matrix.columns;
  const cell = [Math.min(wide, digits ? 1.5 * view.digitWidth : Infinity), digits ? CELL_HEIGHT : height / matrix.rows];
  const inner = [gutter + cell[0] * matrix.columns, top + cell[1] * matrix.rows];
  const scrollBar = inner[0] > width + 0.5 ? 10 : 0;
  const across = Math.min(width, inner[0]), down = digits ? Math.min(height, inner[1] + scrollBar) : height;
  Object.assign(part, { digits, gutter, top, cell, inner });
  Object.assign(part.box.style, { width: `${across}px`, height: `${down}px`, overflow: digits ? "auto" : "hidden" });
  Object.assign(part.spacer.style, { width: `${inner[0]}px`, height: `${inner[1]}px` });
  part.figure.style.width = `${digits ? Math.max(across, Math.min(width, 150)) : width}px`;
}

/** The part of the box that shows cells, without its scroll bars. */
export const sightOf = ({ box, inner }) => [Math.min(box.clientWidth, inner[0]), Math.min(box.clientHeight, inner[1])];

// ---------------------------------------------------------------- cells

export function paintMatrix(view, part) {
  const [width, height] = part.sight;
  const context = fitted(part.base, width, height);
  if (part.digits) paintDigits(view, part, context, width, height);
  else paintColours(part, context, width, height);
  part.painted = true;
  part.lit = "";
}

function paintColours(part, context, width, height) {
  const { matrix } = part;
  part.image ??= cellImage(matrix.rows, matrix.columns, (cell) => (matrix.seen && !matrix.seen[cell] ? 0 : paintOf(matrix, matrix.values[cell])));
  const ratio = pixelRatio();
  context.imageSmoothingEnabled = matrix.columns > width * ratio || matrix.rows > height * ratio;
  context.imageSmoothingQuality = "medium";
  context.drawImage(part.image, 0, 0, width, height);
}

/** The cells in sight with their digits, then the names of their rows and columns over them. */
function paintDigits(view, part, context, width, height) {
  const { matrix, cell: [w, h], gutter, top, box: { scrollLeft, scrollTop } } = part;
  const [first, last] = range(scrollTop, height - top, h, matrix.rows);
  const [left, right] = range(scrollLeft, width - gutter, w, matrix.columns);
  const place = (r, c) => [gutter + c * w - scrollLeft, top + r * h - scrollTop];
  Object.assign(context, { textAlign: "center", textBaseline: "middle", direction: "ltr" });
  for (let r = first; r < last; r++) {
    for (let c = left; c < right; c++) paintCell(view, context, numberAt(matrix, r, c), matrix, ...place(r, c), w, h);
  }
  const label = (role, at, x, y) => {
    context.fillText(clip(role === "channel" || role === "dimension" ? String(at) : tokenOf(view.model, role, at), 5), x, y);
  };
  context.clearRect(0, 0, gutter, height);
  context.clearRect(0, 0, width, top);
  Object.assign(context, { fillStyle: view.look.text, globalAlpha: 0.65, font: `10.5px ${view.look.mono}` });
  for (let c = left; c < right && top; c++) if (place(0, c)[0] >= gutter - 1) label(matrix.roles[1], c, place(0, c)[0] + w / 2, top / 2);
  context.textAlign = "right";
  for (let r = first; r < last && top; r++) if (place(r, 0)[1] >= top - 1) label(matrix.roles[0], r, gutter - 5, place(r, 0)[1] + h / 2);
  context.globalAlpha = 1;
}

function range(scrolled, length, size, count) {
  return [Math.max(0, Math.floor(scrolled / size)), Math.min(count, Math.ceil((scrolled + length) / size))];
}

function paintCell(view, context, number, matrix, x, y, w, h) {
  const color = paintOf(matrix, number);
  if (color) {
    context.fillStyle = `rgb(${unpacked(color).join()})`;
    context.fillRect(x, y, w - 1, h - 1);
  } else hatchCell(context, view.model.colors.masked, x, y, w - 1, h - 1);
  context.font = `${color ? 10.5 : 9.5}px ${view.look.mono}`;
  context.fillStyle = color ? inkOn(unpacked(color)) : view.model.colors.masked;
  context.fillText(typeset(shortText(number)), x + (w - 1) / 2, y + h / 2);
}

function hatchCell(context, color, x, y, w, h) {
  context.fillStyle = rgba(color, 0.16);
  context.fillRect(x, y, w, h);
  context.strokeStyle = rgba(color, 0.3);
  context.lineWidth = 1;
  context.beginPath();
  for (let dx = 0; dx < w; dx += 8) {
    context.moveTo(x + dx, y + h);
    context.lineTo(x + Math.min(w, dx + h), y + h - Math.min(h, w - dx));
  }
  context.stroke();
}

// ---------------------------------------------------------------- what is lit

/** Everything but the lit rectangles is veiled, and each of them gets a frame. */
export function drawLit(view, part, rects, chosen) {
  const state = JSON.stringify([rects, chosen]);
  if (part.lit === state) return;
  part.lit = state;
  part.figure.dataset.lit = rects.map(([r, h, c, w]) => `${r}:${r + h},${c}:${c + w}`).join(" ");
  part.over.hidden = !rects.length && !chosen; // a canvas in sight costs each frame, even an empty one
  if (part.over.hidden) return;
  const [width, height] = part.sight;
  const context = fitted(part.over, width, height);
  context.beginPath();
  context.rect(part.gutter, part.top, width, height);
  context.clip();
  if (rects.length) {
    context.globalAlpha = 0.62;
    context.fillStyle = view.look.page;
    context.fillRect(0, 0, width, height);
    context.globalAlpha = 1;
    for (const rect of rects) context.clearRect(...boxOf(part, rect));
    for (const rect of rects) ring(context, boxOf(part, rect), accentOf(view, part), 1.5);
  }
  if (chosen) ring(context, atLeast(boxOf(part, [chosen[0], 1, chosen[1], 1]), 6), view.look.text, 1.5);
}

/** @returns {[number, number, number, number]} */
function boxOf({ cell: [w, h], gutter, top, digits, box: { scrollLeft, scrollTop } }, [r, rows, c, columns]) {
  const line = digits ? 1 : 0;
  return [gutter + c * w - scrollLeft, top + r * h - scrollTop, columns * w - line, rows * h - line];
}

/** A frame around a box, with the page's colour outside it, so that it shows on any cell. */
function ring(context, [x, y, w, h], color, width) {
  frameBox(context, [x - 0.5, y - 0.5, w + 1, h + 1], [["rgba(255,255,255,.9)", width + 2], [color, width]]);
}

/** @returns {[number, number, number, number]} */
function atLeast([x, y, w, h], size) {
  const [dx, dy] = [Math.max(0, size - w) / 2, Math.max(0, size - h) / 2];
  return [x - dx, y - dy, w + 2 * dx, h + 2 * dy];
}

const accentOf = (view, { matrix }) => view.model.colors[matrix.accent] ?? "#e5484d";

/** Scrolls a box of digits so that a lit rectangle is in sight. */
export function reveal(part, [r, rows, c, columns]) {
  if (!part.digits) return;
  const { box, cell: [w, h], gutter, top } = part;
  const [width, height] = part.sight;
  const into = (from, length, room, scrolled) => {
    if (length >= room || from < scrolled) return length >= room ? scrolled : from;
    return from + length > scrolled + room ? from + length - room : scrolled;
  };
  box.scrollLeft = into(c * w, columns * w, width - gutter, box.scrollLeft);
  box.scrollTop = into(r * h, rows * h, height - top, box.scrollTop);
}
