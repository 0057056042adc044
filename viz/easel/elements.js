// @ts-check
// Elements of the page. What a person or a file wrote is only ever set as text, never as HTML.

/**
 * What an element gets beside its class and its children: properties, data-* attributes, and styles
 * by their names in CSS.
 * @typedef {Record<string, unknown> & {data?: Record<string, unknown>, style?: Record<string, string>}} Looks
 */

/**
 * An element with its class, its children and its looks.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {(string | Node | Looks)[]} parts
 */
export function element(tag, className = "", ...parts) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const part of parts) {
    if (typeof part === "string" || part instanceof Node) node.append(part);
    else dress(node, part);
  }
  return node;
}

/** @param {HTMLElement} node @param {Looks} looks */
function dress(node, { data = {}, style = {}, ...properties }) {
  Object.assign(node, properties);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(style)) node.style.setProperty(name, value);
}

/**
 * A button that submits nothing.
 * @param {string} className
 * @param {(string | Node | Looks)[]} parts
 */
export const button = (className, ...parts) => element("button", className, { type: "button" }, ...parts);

/**
 * Sets an attribute unless it already has the value: each one that is set anew costs the browser.
 * @param {Element} node
 * @param {string} name
 * @param {unknown} value
 */
export function setTo(node, name, value) {
  if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

/** @type {WeakMap<Element, string>} */
const CONTENTS = new WeakMap();

/**
 * Whether `content` differs from that of the last call for this box.
 * @param {Element} box
 * @param {unknown} content
 */
export function isNews(box, content) {
  const text = JSON.stringify(content);
  if (CONTENTS.get(box) === text) return false;
  CONTENTS.set(box, text);
  return true;
}

/**
 * Colours as the custom properties --name of an element; of a list, --color-0 and so on.
 * @param {HTMLElement} root
 * @param {Record<string, string> | string[]} colors
 */
export function setColors(root, colors) {
  const prefix = Array.isArray(colors) ? "--color-" : "--";
  for (const [name, color] of Object.entries(colors)) root.style.setProperty(`${prefix}${name}`, color);
}

/**
 * Shows a tip beside a point, left of it where the right has no room.
 * @param {HTMLElement} tip
 * @param {number} width of what it stands in, px
 * @param {[number, number]} right where it begins at the right of the point: x, y
 * @param {number} left where it ends at the left of the point
 */
export function placeTip(tip, width, [x, y], left) {
  const start = x + tip.offsetWidth > width ? left - tip.offsetWidth : x;
  Object.assign(tip.style, { left: `${Math.max(start, 0)}px`, top: `${y}px` });
}
