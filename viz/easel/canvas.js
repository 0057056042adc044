// @ts-check
// Canvases: sizes in CSS pixels, sharp on every screen.

import { rgba } from "./colors.js";

export const pixelRatio = () => globalThis.devicePixelRatio || 1;

/** @param {HTMLCanvasElement} canvas */
export function penOf(canvas) {
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser draws on no canvas");
  return pen;
}

/**
 * Sets a size in device pixels; setting it anew would clear the canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function sizeTo(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/**
 * A canvas of width × height CSS px, cleared; its context counts in them.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function fitted(canvas, width, height) {
  const ratio = pixelRatio();
  sizeTo(canvas, Math.round(width * ratio), Math.round(height * ratio));
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const pen = penOf(canvas);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/**
 * A canvas with one pixel a cell.
 * @param {number} rows
 * @param {number} columns
 * @param {(cell: number) => number} colorOf the packed colour of cell row * columns + column; 0: none
 */
export function cellImage(rows, columns, colorOf) {
  const canvas = document.createElement("canvas");
  sizeTo(canvas, columns, rows);
  const image = new ImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  for (let cell = 0; cell < pixels.length; cell++) pixels[cell] = colorOf(cell);
  penOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/** @type {Map<string, HTMLCanvasElement>} */
const HATCHINGS = new Map(); // the same lines for each small map: drawn once a size and colour

/**
 * Hatches a box, the sign of what is masked.
 * @param {CanvasRenderingContext2D} pen
 * @param {number[]} corner its left and top
 * @param {number[]} size its width and height, in the pen's units
 * @param {string} color
 */
export function hatch(pen, [x, y], [width, height], color) {
  const name = `${width} ${height} ${color}`;
  if (HATCHINGS.size > 7 && !HATCHINGS.has(name)) HATCHINGS.clear();
  const lines = HATCHINGS.get(name) ?? hatching(width, height, color);
  HATCHINGS.set(name, lines);
  pen.clearRect(x, y, width, height);
  pen.drawImage(lines, x, y);
}

/** @param {number} width @param {number} height @param {string} color */
function hatching(width, height, color) {
  const canvas = document.createElement("canvas");
  sizeTo(canvas, width, height);
  const pen = penOf(canvas);
  const step = Math.max(4, Math.round(Math.max(width, height) / 60)) * 1.5;
  Object.assign(pen, { fillStyle: rgba(color, 0.18), strokeStyle: rgba(color, 0.38), lineWidth: 1 });
  pen.fillRect(0, 0, width, height);
  pen.beginPath();
  for (let x = step; x < width + height; x += step) {
    pen.moveTo(x, 0);
    pen.lineTo(0, x);
  }
  pen.stroke();
  return canvas;
}

/**
 * A straight line of its own.
 * @param {CanvasRenderingContext2D} pen
 * @param {number[]} from
 * @param {number[]} to
 */
export function strokeLine(pen, from, to) {
  pen.beginPath();
  pen.moveTo(from[0], from[1]);
  pen.lineTo(to[0], to[1]);
  pen.stroke();
}

/**
 * A frame in two lines, a light one under a dark one or the other way, so that it shows on any cell.
 * @param {CanvasRenderingContext2D} pen
 * @param {[number, number, number, number]} box
 * @param {[string, number][]} strokes colours and widths, the lower line first
 */
export function frameBox(pen, box, strokes) {
  for (const [color, width] of strokes) {
    Object.assign(pen, { strokeStyle: color, lineWidth: width });
    pen.strokeRect(...box);
  }
}
