// @ts-check
// The story of one cell: every number arrives as the text that is shown, rounded so that sums add up.

import { dimension, formulaParts, linkDimensions } from "../../easel/dimensions.js";
import { element, setColors } from "../../easel/elements.js";
import { typeset } from "../../easel/number_text.js";

const PRINTED = 100; // bars; above, their numbers are only in the hover

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".story");
  setColors(root, data.colors);
  root.replaceChildren(
    heading(data),
    step("score", "queries[i, d] × keys[j, d], added up over the {D} dimensions", productBars(data)),
    step("scaled, masked", "score × scale; −∞ where the query may not see the key", scaling(data)),
    step("weight", "exp, divided by the sum of the query's row", softmaxSteps(data)),
    step("weight × value", "this look's part of head_out[i]", looks(data)),
    step("next-token logits", "this look through the head's projection slice and the output embedding", logits(data)),
  );
  Object.assign(root.dataset, { query: data.query[0], key: data.key[0], title: data.title, scale: data.scale[0] });
  return linkDimensions(root);
}

// ---------------------------------------------------------------- elements

/** A number that can be read back: its name and its text are attributes. */
function num(name, text, className = "") {
  return element("span", `n ${className}`, { data: { n: name, value: text } }, typeset(text));
}

function step(title, formula, content) {
  const label = element("div", "label", element("b", "", title), element("span", "formula", ...formulaParts(formula)));
  return element("section", "", label, content);
}

const token = (kind, [at, text]) => element("span", kind, `${kind.split(" ")[0]} ${at} `, element("code", "", text));

function heading({ title, query, key, weight, softmax }) {
  const takes = softmax ? ["gives", element("b", "", weight), "of its attention to"] : ["may not see"];
  return element("p", "heading", element("b", "", title), token("query queries", query), ...takes, token("key keys", key));
}

// ---------------------------------------------------------------- sums as bars

/** One bar a dimension about a line at 0, its number below, the total at the right. */
function bars(name, texts, color, notes, total) {
  const numbers = texts.map(Number);
  const largest = Math.max(...numbers.map(Math.abs), 1e-12);
  const [high, low] = [Math.max(0, ...numbers) / largest, Math.max(0, ...numbers.map((x) => -x)) / largest];
  const height = 76 / (high + low || 1);
  const columns = texts.map((text, d) => {
    const size = (Math.abs(numbers[d]) / largest) * height, zero = high * height;
    const top = numbers[d] < 0 ? zero : zero - size;
    const style = { height: `${size}px`, top: `${top}px`, background: color(numbers[d]) };
    const field = element("div", "field", { style: { height: "78px" } }, element("i", "bar", { style }));
    const digits = texts.length <= PRINTED ? [element("span", "digits", typeset(text))] : [];
    return element("div", "column", { title: notes(d), data: { n: name, d, value: text } }, field, ...digits);
  });
  const box = element("div", "bars", { style: { "--zero": `${high * height}px` } }, ...columns);
  return element("div", "sum", box, element("div", "total", ...total));
}

function productBars({ products, q, k, score }) {
  const note = (d) => `dimension ${d}: ${q[d]} × ${k[d]} = ${products[d]}`;
  return bars("product", products, (x) => `var(--${x < 0 ? "down" : "up"})`, note, ["= ", num("score", score, "big")]);
}

function looks({ look, value, others, out, weight }) {
  const note = (d) => `dimension ${d}: ${weight} × ${value[d]} = ${look[d]}; with the other looks ${others[d]}, head_out is ${out[d]}`;
  const sum = bars("look", look, () => "var(--values)", note, [element("span", "small", "one vector; the looks at all keys add up to head_out")]);
  sum.querySelectorAll(".column").forEach((/** @type {any} */ column, d) => Object.assign(column.dataset, { others: others[d], out: out[d], weighted: value[d] }));
  return sum;
}

// ---------------------------------------------------------------- from score to weight

function scaling({ score, scale: [scale, name], scaled, softmax }) {
  const line = element("p", "chain", num("score", score), " × ");
  if (name) {
    name.split(/([TCD])$/).filter(Boolean).forEach((text) => line.append(/^[TCD]$/.test(text) ? dimension(text) : text));
    line.append(" = ", num("score", score), " × ");
  }
  line.append(num("scale", scale), " = ", num("scaled", scaled, "big"));
  line.append(softmax ? "; the mask lets it through" : "; masked: −∞ takes its place");
  return line;
}

function softmaxSteps({ scaled, softmax, weight, temperature, edited }) {
  if (edited) return element("p", "chain", "put in by hand: ", num("weight", weight, "big"));
  if (!softmax) return element("p", "chain none", "masked: exp(−∞) is 0, so the weight is 0 and this look adds nothing.");
  const { above, largest, exps, keys, rest, total } = softmax;
  const over = temperature === "1" ? [] : [` / temperature ${temperature}`];
  const first = element("p", "chain", num("scaled", scaled), ...over, " − ", num("largest", largest), " (the row's largest, which changes no weight) = ", num("above", above), ", and exp(", typeset(above), ") = ", num("exp", exps[0], "big"));
  const addends = exps.flatMap((text, n) => {
    const key = keys[n] ? token("key", keys[n]) : element("span", "key", `${rest} other keys`);
    const exponential = num("addend", text);
    exponential.dataset.key = keys[n]?.[0] ?? "rest";
    const addend = element("span", n ? "addend" : "addend this", exponential, key);
    return n ? [element("span", "plus", "+"), addend] : [addend];
  });
  const sum = element("span", "addend", num("total", total, "big"), element("span", "key", "the row's sum"));
  const row = element("p", "chain row", ...addends, element("span", "plus", "="), sum);
  const last = element("p", "chain", num("exp", exps[0]), " / ", num("total", total), " = ", num("weight", weight, "big"));
  return element("div", "", first, row, last);
}

// ---------------------------------------------------------------- to the logits

function logits({ words, shares, raised }) {
  const said = element("p", "words", words);
  if (!shares.length) return element("div", "", said);
  const both = element("div", "tables", table("raises most", shares.slice(0, raised)), table("lowers most", shares.slice(raised)));
  return element("div", "", both, said);
}

function table(title, rows) {
  if (!rows.length) return element("p", "words", `${title}: no token`);
  const head = element("tr", "", ...[title, "this look", "+ other looks", "+ all the rest", "= logit"].map((text) => element("th", "", text)));
  const lines = rows.map(([piece, ...numbers]) => {
    const names = ["look", "head", "rest", "logit"];
    const cells = numbers.map((text, n) => element("td", "", num(`share-${names[n]}`, text)));
    return element("tr", "", { data: { token: piece } }, element("td", "", element("code", "", piece)), ...cells);
  });
  return element("table", "", element("thead", "", head), element("tbody", "", ...lines));
}
