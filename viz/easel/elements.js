// @ts-check
// Elements of the page. What a person or a file wrote is only ever set as text, never as HTML.

/**
 * An element with its class and its children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {(string | Node)[]} children
 */
export function element(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/**
 * A button that submits nothing.
 * @param {string} className
 * @param {(string | Node)[]} children
 */
export function button(className, ...children) {
  const node = element("button", className, ...children);
  node.type = "button";
  return node;
}

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
 * Colours as the custom properties --name of an element.
 * @param {HTMLElement} root
 * @param {Record<string, string>} colors
 */
export function setColors(root, colors) {
  for (const [name, color] of Object.entries(colors)) root.style.setProperty(`--${name}`, color);
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
