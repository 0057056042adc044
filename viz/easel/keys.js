// @ts-check
// Arrow keys, and the cell of a grid under the mouse.

/** @type {Record<string, [number, number]>} [down, right] */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * The step [down, right] of an arrow key; null for another key.
 * @param {{key: string}} event
 */
export const arrowStep = ({ key }) => ARROWS[key] ?? null;

/** @param {KeyboardEvent | WheelEvent} event */
export const hasModifier = (event) => event.ctrlKey || event.metaKey || event.altKey;

/** @param {{key: string}} event */
export const isEnter = ({ key }) => key === "Enter" || key === " ";

/**
 * The nearest place from 0 to count - 1.
 * @param {number} at
 * @param {number} count
 */
export const within = (at, count) => Math.max(0, Math.min(count - 1, at));

/**
 * The cell [row, column] under the mouse of a box that holds exactly rows × columns cells.
 * @param {Element} box
 * @param {{clientX: number, clientY: number}} event
 * @param {number} rows
 * @param {number} columns
 * @returns {[number, number]}
 */
export function cellUnder(box, event, rows, columns) {
  const { left, top, width, height } = box.getBoundingClientRect();
  const row = Math.floor(((event.clientY - top) / height) * rows);
  const column = Math.floor(((event.clientX - left) / width) * columns);
  return [within(row, rows), within(column, columns)];
}
