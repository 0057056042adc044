// @ts-check
// The tokens of a text, each tinted by what leaving it out changes, with a bar for its share.

import { element, setColors } from "../../easel/elements.js";
import { fourDecimals, typeset } from "../../easel/number_text.js";

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".carried");
  setColors(root, data.colors);
  const largest = Math.max(...data.shares.map((share) => share ?? 0), 1e-9);
  const readout = element("div", "readout", { data: { testid: "carried-readout" } });
  const chips = data.tokens.map((_, t) => chip(data, t, largest));
  const row = element("div", "row", ...chips);
  root.replaceChildren(row, readout);
  const say = (at) => readout.replaceChildren(...sentence(data, at));
  const from = (event) => event.target.closest?.("[data-index]");
  row.onpointerover = (event) => from(event) && say(Number(from(event).dataset.index));
  for (const [t, box] of chips.entries()) box.onfocus = () => say(t);
  row.onpointerleave = () => say(null);
  row.onclick = (event) => data.choosable && from(event) && setTriggerValue("token", Number(from(event).dataset.index));
  say(null);
  Object.assign(root.dataset, { tokens: data.tokens.length, label: data.label, hidden: data.hidden ?? "" });
  root.classList.toggle("choosable", data.choosable);
}

function chip({ tokens, changes, without, shares, hidden, choosable, end, decimals }, t, largest) {
  const change = changes[t];
  const piece = element("span", "piece", tokens[t]);
  const data = { index: t, change: text(change), without: text(without[t]), share: text(shares[t]) };
  const looks = { data, tabIndex: t === 0 ? 0 : -1 };
  const box = element(choosable ? "button" : "span", t === hidden ? "chip hidden" : "chip", looks, piece);
  box.onkeydown = (event) => step(event, box);
  if (change !== null) {
    const amount = (62 * Math.abs(change)) / end;
    piece.style.background = `color-mix(in srgb, var(--${change < 0 ? "down" : "up"}) ${amount.toFixed(1)}%, transparent)`;
    box.append(element("span", "change", signed(change, decimals)));
  }
  const width = `${((100 * (shares[t] ?? 0)) / largest).toFixed(1)}%`;
  box.append(element("i", "share", { style: { width } }));
  return box;
}

/** The arrow keys go from token to token. */
function step(event, box) {
  const next = { ArrowRight: box.nextElementSibling, ArrowLeft: box.previousElementSibling }[event.key];
  if (!next) return;
  box.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  event.preventDefault();
}

const signed = (number, digits) => typeset(`${number < 0 ? "-" : "+"}${Math.abs(number).toFixed(digits)}`);

const text = (number) => (number === null ? "" : fourDecimals(number));

function sentence({ tokens, changes, without, shares, label, hidden, choosable }, at) {
  if (at === null) return [choosable ? "Hover a token for its numbers; click one to hide it." : "Hover a token for its numbers."];
  const strong = (words) => element("b", "", words);
  const start = [`token ${at} `, element("span", "token", tokens[at])];
  const share = ["; its share by rollout is ", strong(fourDecimals(shares[at] ?? NaN))];
  if (at === hidden) return [...start, " is hidden from the model", ...share];
  if (changes[at] === null) return [...start, " is all there is, so it cannot be left out", ...share];
  return [...start, hidden === null ? ": without it, " : ": with it hidden too, ", strong(label), " has probability ", strong(fourDecimals(without[at])), `, so it adds `, strong(signed(changes[at], 4)), ...share];
}
