// @ts-check
// The text so far, each token as what the text grew by with it. All is set as text only; hovering one says what the last token gives it.

import { element, setColors } from "../../easel/elements.js";

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".generated");
  setColors(root, data.colors);
  if (!root.firstElementChild) build(root);
  const [text, readout, cache] = root.children;
  const tokens = data.texts.map((piece, n) => token(piece, n, data));
  text.replaceChildren(...tokens);
  text.scrollTop = text.scrollHeight;
  const say = (span) => readout.replaceChildren(...sentence(data, span ? Number(span.dataset.index) : null));
  text.onpointerover = (event) => say(event.target.closest("[data-index]"));
  text.onpointerleave = () => say(null);
  say(null);
  drawCache(cache, data.cache);
  Object.assign(root.dataset, { tokens: tokens.length, start: data.start });
}

function build(root) {
  const box = (name, looks) => element("div", name, { data: { testid: `generated-${name}` }, ...looks });
  const text = box("text", { tabIndex: 0, ariaLabel: "the text so far" });
  root.replaceChildren(text, box("readout", {}), box("cache", { role: "img" }));
}

function token(text, n, { prompt, start, weights, pieces }) {
  const span = element("span", "", ...parts(text));
  const weight = n < start ? null : weights[n - start];
  const latest = n === pieces.length - 1 && n >= prompt;
  const marks = { prompt: n < prompt, gone: weight === null, latest, byte: !text }; // a byte: a later token completes its character
  span.className = Object.keys(marks).filter((mark) => marks[mark]).join(" ");
  span.dataset.index = String(n);
  if (weight !== null) {
    span.dataset.weight = weight.toFixed(4);
    const amount = 0.62 * Math.sqrt(weight); // the square root, as the colour scale of the maps
    if (amount > 0.02) span.style.background = `color-mix(in srgb, var(--key) ${(100 * amount).toFixed(1)}%, transparent)`;
  }
  return span;
}

/** A line break is marked before it breaks the line. */
function parts(text) {
  return text.split(/(\n)/).filter(Boolean).flatMap((part) => {
    if (part !== "\n") return [part];
    return [element("span", "break"), "\n"];
  });
}

function sentence(data, n) {
  const strong = (text) => element("b", "", text);
  const named = (at) => element("span", "token", data.pieces[at]);
  const last = data.pieces.length - 1;
  if (n !== null && n < data.start) return [`${n} `, named(n), " is out of the model's sight: the window has slid past it"];
  if (n !== null) return [`${last} `, named(last), ` gives to ${n} `, named(n), "  ", strong(data.weights[n - data.start].toFixed(4))];
  const order = data.weights.map((_, at) => at).sort((a, b) => data.weights[b] - data.weights[a]);
  const most = order.slice(0, 4).flatMap((at) => [`   ${at + data.start} `, named(at + data.start), " ", strong(data.weights[at].toFixed(4))]);
  return [`${last} `, named(last), " gives most to ", ...most];
}

function drawCache(cache, [reused, computed, room]) {
  const part = (name, n) => element("i", name, { style: { width: `${(100 * n) / room}%`, "min-width": n ? "2px" : "0" } });
  cache.replaceChildren(part("held", reused), part("now", computed));
  cache.setAttribute("aria-label", `keys and values of ${reused} positions reused, ${computed} computed now, room for ${room}`);
}
