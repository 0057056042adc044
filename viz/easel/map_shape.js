// @ts-check
// The shape of a map of queries × keys on the page.

const LEAST = 0.35; // of the longer side, so that a narrow map can still be read

/**
 * Width and height in px of a map within a square. Its cells are square too, unless one of its sides
 * would get too short.
 * @param {number} rows
 * @param {number} columns
 * @param {number} side of the square, px
 */
export function mapSize(rows, columns, side) {
  const share = (/** @type {number} */ count) => Math.max(LEAST, count / Math.max(rows, columns));
  return { width: Math.round(side * share(columns)), height: Math.round(side * share(rows)) };
}
