// @ts-check
// Texts whose tokens are tinted by a number. All is set as text only.

import { element, setColors } from "../../easel/elements.js";
import { arrowStep, within } from "../../easel/keys.js";
import { fourDecimals, plain, typeset } from "../../easel/number_text.js";

const HINT = "Hover a token for its number, or go from one to the next with the arrow keys.";

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".tinted");
  setColors(root, data.colors);
  const readout = element("div", "readout", { data: { testid: "tinted-readout" }, ariaLive: "polite" }, HINT);
  root.replaceChildren(legend(data), ...data.texts.map((text, at) => section(data, text, at)), readout);
  const say = (token) => lit(root, readout, data, token);
  root.onpointerover = (event) => say(event.target.closest?.("[data-n]"));
  root.onpointerleave = () => say(null);
  root.onfocusin = (event) => say(event.target.closest?.("[data-n]"));
  root.onkeydown = moved;
  Object.assign(root.dataset, { texts: data.texts.length, name: data.name });
}

/** The scale with its two ends. */
function legend({ name, end, low, high }) {
  const from = low ? "var(--down)" : "transparent", to = high ? "var(--up)" : "transparent";
  const background = `linear-gradient(90deg, color-mix(in srgb, ${from} 62%, transparent), transparent ${low && high ? "50%" : low ? "100%" : "0%"}, color-mix(in srgb, ${to} 62%, transparent))`;
  const bar = element("i", "bar", { style: { background } });
  const ends = [low ? plain(-end) : "0", high ? plain(end) : "0"];
  return element("div", "legend", element("b", "", name), element("span", "", ends[0]), bar, element("span", "", ends[1]));
}

function section(data, text, at) {
  const heading = element("div", "heading", element("b", "", text.title), element("span", "facts", text.facts));
  const chips = text.texts.map((_, n) => chip(data, text, at, n));
  const lacks = text.lacks ? [element("p", "lacks", text.lacks)] : [];
  const looks = { role: "group", ariaLabel: `${text.title}: ${text.pieces.length} tokens` };
  const box = element("div", "text", looks, ...chips, ...lacks);
  return element("section", "", { data: { title: text.title } }, heading, box);
}

function chip({ end }, text, at, n) {
  const number = text.numbers[n];
  const looks = { data: { at, n, number: number === null ? "" : fourDecimals(number) }, tabIndex: n === 0 ? 0 : -1 };
  const span = element("span", n < text.given ? "given" : "", looks, drawn(text.texts[n]));
  if (number !== null) {
    const amount = (62 * Math.min(Math.abs(number), end)) / end;
    span.style.background = `color-mix(in srgb, var(--${number < 0 ? "down" : "up"}) ${amount.toFixed(1)}%, transparent)`;
  }
  return span;
}

/** A circled letter, as few fonts have it, comes as ⟨Q⟩ and is drawn as a letter in a circle. */
function drawn(piece) {
  const letter = /^⟨([A-Z])⟩$/.exec(piece);
  return letter ? element("span", "sign", letter[1]) : piece;
}

function lit(root, readout, data, token) {
  root.querySelectorAll(".this").forEach((other) => other.classList.remove("this"));
  readout.replaceChildren(...(token ? sentence(data, token.dataset) : [HINT]));
  token?.classList.add("this");
}

function sentence({ texts, name }, { at, n, number }) {
  const text = texts[Number(at)];
  const start = [element("span", "token", drawn(text.pieces[Number(n)])), ` token ${n} of ${text.title}: `];
  if (!number) return [...start, Number(n) < text.given ? `part of the prompt; no ${name}` : `no ${name}`];
  return [...start, `${name} `, element("b", "", typeset(number))];
}

/** The arrow keys go from token to token, and from text to text. */
function moved(event) {
  const step = arrowStep(event), token = event.target.closest?.("[data-n]");
  if (!step || !token) return;
  event.preventDefault();
  const rows = [...token.closest(".tinted").querySelectorAll(".text")];
  const row = rows[within(Number(token.dataset.at) + step[0], rows.length)];
  const tokens = [...row.querySelectorAll("[data-n]")];
  const next = tokens[within(Number(token.dataset.n) + step[1], tokens.length)];
  token.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
