// @ts-check
// Maps of heads to pixels.

import { hatch, sizeTo } from "../../easel/canvas.js";
import { colorsAt, packed, rgb } from "../../easel/colors.js";
import { element } from "../../easel/elements.js";
import { rowStart } from "./attention_numbers.js";

// ---------------------------------------------------------------- colours

const palettes = new Map(); // a payload's numbers change at each rerun, its colours hardly ever

/** Colours ready to copy: `exact` by number, `codes` by a thumbnail's byte. */
export function makePalette(model) {
  const name = JSON.stringify([model.weights, model.signed, model.scale, model.colors.invalid]);
  if (!palettes.has(name)) palettes.set(name, newPalette(model));
  return palettes.get(name);
}

function newPalette(model) {
  const exact = colorsAt(model.scale, model.weights ? 10000 : 1020);
  const places = colorsAt(model.scale, model.signed ? 253 : 253 ** 2); // of other values, a byte is a square root
  const codes = Uint32Array.from({ length: 256 }, (_, n) => places[model.signed ? Math.min(n, 253) : Math.min(n, 253) ** 2]);
  const invalid = packed(rgb(model.colors.invalid));
  codes[254] = invalid;
  codes[255] = 0;
  return { exact, codes, invalid };
}

function colorOf(model, raw) {
  const { exact, invalid } = model.palette;
  if (model.weights) return raw === 65535 ? invalid : exact[Math.min(raw, 10000)];
  if (!Number.isFinite(raw)) return invalid;
  const [low, high] = model.range;
  const u = (raw / model.unit - low) / (high - low);
  return exact[Math.round(Math.min(1, Math.max(0, u)) * (exact.length - 1))];
}

// ---------------------------------------------------------------- maps to pixels

/** A window {i, j, rows, columns} of a map as packed colours, size {width, height} in pixels; masked
    stays transparent, over the hatching. */
export function mapPixels(model, head, window, size) {
  const numbers = model.exact.get(head);
  return numbers ? exactPixels(model, numbers, window, size) : thumbnailPixels(model, head, window, size);
}

/** Of each block the number furthest from 0: a diagonal one cell wide must survive shrinking. */
function exactPixels(model, numbers, { i: top, j: left, rows, columns }, { width, height }) {
  const { S, mask } = model;
  const pixels = new Uint32Array(width * height);
  const bins = (count, size) => Int32Array.from({ length: count }, (_, n) => Math.floor(((n + 1) * size - 1) / count));
  const [down, across] = [bins(rows, height), bins(columns, width)];
  const best = new Float32Array(width); // of the row of pixels at hand: how far from 0 …
  const kept = new Float32Array(width); // … and which number that was
  best.fill(-1);
  for (let y = 0; y < rows; y++) {
    const start = rowStart(model, top + y) + left;
    const seen = (top + y) * S + left;
    for (let x = 0; x < columns; x++) {
      if (!mask[seen + x]) continue;
      const raw = numbers[start + x];
      const far = raw < 0 ? -raw : raw === raw ? raw : Infinity; // only nan is not itself
      const place = across[x];
      if (far > best[place]) {
        best[place] = far;
        kept[place] = raw;
      }
    }
    if (y + 1 < rows && down[y + 1] === down[y]) continue;
    const row = down[y] * width;
    for (let x = 0; x < width; x++) if (best[x] >= 0) pixels[row + x] = colorOf(model, kept[x]);
    best.fill(-1);
  }
  return pixels;
}

function thumbnailPixels(model, head, window, { width, height }) {
  const { thumbRows, thumbColumns, T, S, palette } = model;
  const first = head * thumbRows * thumbColumns;
  const pixels = new Uint32Array(width * height);
  const block = (cell, count, blocks) => Math.min(blocks - 1, Math.floor((cell * blocks) / count));
  for (let y = 0; y < height; y++) {
    const row = first + block(window.i + ((y + 0.5) * window.rows) / height, T, thumbRows) * thumbColumns;
    for (let x = 0; x < width; x++) {
      const column = block(window.j + ((x + 0.5) * window.columns) / width, S, thumbColumns);
      pixels[y * width + x] = palette.codes[model.thumbnails[row + column]];
    }
  }
  return pixels;
}

let scratch = null; // a canvas with one pixel a cell

/** A canvas of one map. `size` {width, height} in device pixels. */
export function drawMap(canvas, model, head, window, size) {
  sizeTo(canvas, size.width, size.height);
  drawMapAt(canvas.getContext("2d"), [0, 0], model, head, window, size);
}

/** Hatching everywhere, then the map over it, at a place in device pixels. */
export function drawMapAt(context, [x, y], model, head, window, { width, height }) {
  hatch(context, [x, y], [width, height], model.colors.masked);
  scratch ??= element("canvas");
  const cells = { width: Math.min(window.columns, width), height: Math.min(window.rows, height) };
  sizeTo(scratch, cells.width, cells.height);
  const bytes = new Uint8ClampedArray(mapPixels(model, head, window, cells).buffer);
  scratch.getContext("2d").putImageData(new ImageData(bytes, cells.width, cells.height), 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, x, y, width, height);
}
