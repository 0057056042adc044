// @ts-check
// Names of dimensions (T, S, C, D) in formulas: hovered or focused, one lights up in every view.

import { button } from "./elements.js";

const EVENT = "headlight-dimension";
let kept = ""; // the dimension that a click keeps lit
/** @type {Record<string, string>} */
const MEANINGS = { T: "T: tokens", S: "S: keys", C: "C: channels", D: "D: head size" };

/**
 * A dimension's name as a button, with its size where that is given.
 * @param {string} dim
 * @param {number | null} size
 */
export function dimension(dim, size = null) {
  return button("dim", { data: { dim }, title: MEANINGS[dim] }, size === null ? dim : `${dim} ${size}`);
}

/**
 * A formula's words, its {T}, {S}, {C} and {D} as buttons.
 * @param {string} formula
 * @param {(text: string) => string} words
 */
export function formulaParts(formula, words = (text) => text) {
  return formula.split(/\{([TSCD])\}/).map((text, n) => (n % 2 ? dimension(text) : words(text)));
}

/**
 * Tells the page which dimension is pointed at in `root`, and keeps in `data-dim` which one is in
 * any view. A click keeps a dimension lit where `keeps`.
 * @param {HTMLElement} root
 * @param {boolean} keeps
 * @returns {() => void} what stops it
 */
export function linkDimensions(root, keeps = false) {
  const named = (/** @type {Event} */ { target }) => (target instanceof Element ? target.closest("button.dim") : null)?.getAttribute("data-dim");
  const tell = (/** @type {string} */ dim) => document.dispatchEvent(new CustomEvent(EVENT, { detail: dim }));
  const light = (/** @type {any} */ { detail }) => (root.dataset.dim = detail ?? "");
  const enter = (/** @type {Event} */ event) => void (named(event) && tell(named(event) ?? ""));
  const leave = (/** @type {Event} */ event) => void (named(event) && tell(kept));
  root.onpointerover = enter;
  root.onpointerout = leave;
  if (keeps) root.onclick = (event) => {
    const dim = named(event);
    if (dim) tell((kept = kept === dim ? "" : dim));
  };
  root.addEventListener("focusin", enter); // there is no onfocusin to assign
  root.addEventListener("focusout", leave);
  document.addEventListener(EVENT, light);
  return () => {
    root.removeEventListener("focusin", enter);
    root.removeEventListener("focusout", leave);
    document.removeEventListener(EVENT, light);
  };
}
