// @ts-check
// A component's place on the page: the view that stands there, its theme, its size, its timers.
//
// Streamlit calls a component's function again at each change of its data or its theme; handlers are
// therefore assigned, never added, and what a view knows stays with its root element.

/** @typedef {Record<string, any> & {root: HTMLElement}} View */

/** @type {WeakMap<Element, View>} */
const VIEWS = new WeakMap();

/**
 * The view at a place on the page; created there the first time.
 * @template {View} V
 * @param {ParentNode} parent
 * @param {string} selector of the root element
 * @param {(root: HTMLElement) => V} create
 * @param {(view: V) => void} [onWidth] called when the root gets another width than `view.width`
 * @returns {V}
 */
export function mounted(parent, selector, create, onWidth) {
  const root = /** @type {HTMLElement} */ (parent.querySelector(selector));
  let view = /** @type {V | undefined} */ (VIEWS.get(root));
  if (!view) {
    const created = create(root);
    Object.assign(created, { drawing: 0, timers: {} });
    if (onWidth) Object.assign(created, { observer: new ResizeObserver(() => root.clientWidth !== created.width && onWidth(created)) });
    VIEWS.set(root, (view = created));
  }
  view.observer?.observe(root);
  return view;
}

/**
 * What Streamlit calls when the component goes, or before it is called again.
 * @param {View} view
 */
export function unmounted(view) {
  view.observer?.disconnect();
  cancelAnimationFrame(view.drawing);
  view.drawing = 0;
  Object.values(view.timers).forEach(clearTimeout);
}

/**
 * Draws once in the next frame, however often it is asked for.
 * @template {View} V
 * @param {V} view
 * @param {(view: V) => void} draw
 */
export function inNextFrame(view, draw) {
  Object.assign(view, {
    drawing: view.drawing || requestAnimationFrame(() => {
      Object.assign(view, { drawing: 0 });
      draw(view);
    }),
  });
}

/**
 * Acts when nothing of that name was asked for again for `delay` ms: a held key reports once.
 * @param {View} view
 * @param {string} name
 * @param {number} delay 0: at once
 * @param {() => void} action
 */
export function later(view, name, delay, action) {
  clearTimeout(view.timers[name]);
  if (delay) view.timers[name] = setTimeout(action, delay);
  else action();
}

/**
 * Colours and faces of the theme, and a signature that tells one look from another.
 * @param {Element} root
 */
export function lookOf(root) {
  const style = getComputedStyle(root);
  const look = {
    text: style.color, sans: style.fontFamily,
    mono: style.getPropertyValue("--mono") || "monospace",
    page: style.getPropertyValue("--st-background-color") || "Canvas",
  };
  return { ...look, signature: Object.values(look).join("|") };
}

/**
 * Counts in `data-painted` how often a root was painted, for who waits for it.
 * @param {HTMLElement} root
 */
export function countPaint(root) {
  root.dataset.painted = String(1 + Number(root.dataset.painted ?? 0));
}
