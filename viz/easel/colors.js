// @ts-check
// Colours: "#rrggbb" to what canvases take, and places on a scale to colours.

/** @typedef {[number, string][]} Scale places from 0 to 1 and their colours as #rrggbb */

/** @param {string} hex @returns {[number, number, number]} */
export const rgb = (hex) => [channel(hex, 1), channel(hex, 3), channel(hex, 5)];

/** @param {string} hex @param {number} at */
const channel = (hex, at) => parseInt(hex.slice(at, at + 2), 16);

/** @param {string} hex @param {number | string} alpha */
export const rgba = (hex, alpha) => `rgba(${rgb(hex).join(",")},${alpha})`;

/**
 * One number a pixel: little-endian RGBA, opaque.
 * @param {number[]} channels red, green, blue
 */
export const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/** @param {number} color packed */
export const unpacked = (color) => [color & 255, (color >> 8) & 255, (color >> 16) & 255];

/**
 * The packed colours at places 0, 1/last, 2/last … 1, linear between the stops as plotly's are.
 * @param {Scale} scale
 * @param {number} last
 */
export function colorsAt(scale, last) {
  const stops = scale.map(([place, hex]) => ({ place, color: rgb(hex) }));
  const colors = new Uint32Array(last + 1);
  for (let n = 0, k = 1; n <= last; n++) {
    const u = n / last;
    while (k < stops.length - 1 && stops[k].place < u) k++;
    const [from, to] = [stops[k - 1], stops[k]];
    const part = Math.min(1, Math.max(0, (u - from.place) / (to.place - from.place)));
    colors[n] = packed(from.color.map((c, at) => Math.round(c + (to.color[at] - c) * part)));
  }
  return colors;
}

/**
 * A scale as a background of the page.
 * @param {string} direction
 * @param {Scale} scale
 */
export const gradient = (direction, scale) => `linear-gradient(${direction}, ${scale.map(([place, color]) => `${color} ${100 * place}%`)})`;

/**
 * Black or white, whichever reads better on a colour. Source: ITU-R BT.601.
 * @param {number[]} channels red, green, blue
 */
export function inkOn([r, g, b]) {
  return 0.299 * r + 0.587 * g + 0.114 * b > 127.5 ? "#000000" : "#ffffff";
}
