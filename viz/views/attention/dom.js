// @ts-check
// DOM that changes with the data: strip, legend, readout, captions.

import { element, isNews, setColors } from "../../easel/elements.js";
import { plain } from "../../easel/number_text.js";

/** The tokens; of two texts the queries' first, then the keys'. */
export function fillStrip(view) {
  const { model, strip, root } = view;
  view.tokens = model.tokens.map((token, n) => tokenSpan(token, n, model.twoTexts ? "query" : "token"));
  view.keySpans = model.twoTexts ? model.keyTokens.map((token, n) => tokenSpan(token, n, "key")) : view.tokens;
  Object.assign(view, { looks: [], lit: [], inSight: null });
  strip.classList.toggle("texts", model.twoTexts);
  const heading = (side, text) => element("span", "text", element("b", side, side), `: ${text}`);
  if (model.twoTexts) strip.replaceChildren(heading("target", "queries"), ...view.tokens, element("div", "break"), heading("source", "keys"), ...view.keySpans);
  else strip.replaceChildren(...view.tokens);
  setColors(root, model.colors);
}

const tokenSpan = (token, n, role) => element("span", "", { data: { index: n, role }, title: `${role} ${n}` }, token);

/** The bar is even in colour, so a tick stands where its number's colour is. */
export function fillLegend({ legend, model }) {
  const masks = model.mask.includes(0);
  if (!isNews(legend, [model.range, model.scale, model.ticks, model.name, model.signed, masks])) return;
  const [low, high] = model.range;
  const last = model.scale.length - 1;
  const background = `linear-gradient(90deg, ${model.scale.map(([, color]) => color).join(",")})`;
  const ticks = model.ticks.map((value, n) => {
    const u = (value - low) / (high - low);
    let k = 1;
    while (k < last && model.scale[k][0] < u) k++;
    const [a, b] = [model.scale[k - 1][0], model.scale[k][0]];
    const left = `${(100 * (k - 1 + (u - a) / (b - a))) / last}%`;
    return element("span", n === model.ticks.length - 1 ? "tick end" : "tick", { style: { left } }, plain(value));
  });
  const title = model.signed ? "One scale for every head" : "Colour follows the square root, the same for every head";
  const scale = element("div", "scale", { title }, element("div", "bar", { style: { background } }), ...ticks);
  const masked = element("div", "masked", element("span", "swatch"), element("span", "", "masked"));
  legend.replaceChildren(element("span", "name", model.name), scale, ...(masks ? [masked] : []));
}

export function fillCaption(section, parts) {
  const caption = section.querySelector(".caption");
  if (isNews(caption, parts)) caption.replaceChildren(...parts.map(([tag, className, text]) => element(tag, className, text)));
}

export function buildReadout(box) {
  const parts = { head: element("span", "head"), value: element("span", "value"), lock: element("span", "lock") };
  const [query, key] = ["query", "key"].map((role) => {
    const { index, token } = (parts[role] = { index: element("span", "role"), token: element("span", "token") });
    return element("span", role, index, token);
  });
  box.replaceChildren(parts.head, query, key, parts.value, parts.lock);
  return parts;
}
