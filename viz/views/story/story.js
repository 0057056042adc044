// The story of one cell: every number arrives as the text that is shown, rounded so that sums add up.

const PRINTED = 100; // bars; above, their numbers are only in the hover

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".story");
  for (const [name, color] of Object.entries(data.colors)) root.style.setProperty(`--${name}`, color);
  root.replaceChildren(
    heading(data),
    step("score", "queries[i, d] × keys[j, d], added up over the {D} dimensions", products(data)),
    step("scaled, masked", "score × scale; −∞ where the query may not see the key", scaling(data)),
    step("weight", "exp, divided by the sum of the query's row", softmax(data)),
    step("weight × value", "this look's part of head_out[i]", looks(data)),
    step("next-token logits", "this look through the head's projection slice and the output embedding", logits(data)),
  );
  Object.assign(root.dataset, { query: data.query[0], key: data.key[0], title: data.title, scale: data.scale[0] });
  root.onpointerover = (event) => tellDimension(event, (button) => button.dataset.dim);
  root.onpointerout = (event) => tellDimension(event, () => "");
  const onDimension = ({ detail }) => (root.dataset.dim = detail ?? "");
  const onFocus = (event) => tellDimension(event, (button) => (event.type === "focusin" ? button.dataset.dim : ""));
  document.addEventListener("headlight-dimension", onDimension);
  for (const type of ["focusin", "focusout"]) root.addEventListener(type, onFocus);
  return () => {
    document.removeEventListener("headlight-dimension", onDimension);
    for (const type of ["focusin", "focusout"]) root.removeEventListener(type, onFocus);
  };
}

function tellDimension(event, of) {
  const button = event.target.closest("button.dim");
  if (button) document.dispatchEvent(new CustomEvent("headlight-dimension", { detail: of(button) }));
}

// ---------------------------------------------------------------- elements

function make(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

const typeset = (text) => text.replace(/-(?=[\di])/g, "−");

/** A number that can be read back: its name and its text are attributes. */
function num(name, text, className = "") {
  const made = make("span", `n ${className}`, typeset(text));
  Object.assign(made.dataset, { n: name, value: text });
  return made;
}

function step(title, formula, content) {
  const words = make("span", "formula");
  formula.split(/\{([TCD])\}/).forEach((text, n) => words.append(n % 2 ? dimension(text) : text));
  return make("section", "", make("div", "label", make("b", "", title), words), content);
}

function dimension(dim) {
  const button = make("button", "dim", dim);
  button.type = "button";
  button.dataset.dim = dim;
  return button;
}

const token = (kind, [at, text]) => make("span", kind, `${kind.split(" ")[0]} ${at} `, make("code", "", text));

function heading({ title, query, key, weight, softmax }) {
  const takes = softmax ? ["gives", make("b", "", weight), "of its attention to"] : ["may not see"];
  return make("p", "heading", make("b", "", title), token("query queries", query), ...takes, token("key keys", key));
}

// ---------------------------------------------------------------- sums as bars

/** One bar a dimension about a line at 0, its number below, the total at the right. */
function bars(name, texts, color, notes, total) {
  const numbers = texts.map(Number);
  const largest = Math.max(...numbers.map(Math.abs), 1e-12);
  const [high, low] = [Math.max(0, ...numbers) / largest, Math.max(0, ...numbers.map((x) => -x)) / largest];
  const height = 76 / (high + low || 1);
  const box = make("div", "bars");
  texts.forEach((text, d) => {
    const bar = make("i", "bar");
    const size = (Math.abs(numbers[d]) / largest) * height;
    bar.style.cssText = `height:${size}px;top:${numbers[d] < 0 ? high * height : high * height - size}px;background:${color(numbers[d])}`;
    const column = make("div", "column", make("div", "field", bar));
    column.firstChild.style.height = "78px";
    column.title = notes(d);
    Object.assign(column.dataset, { n: name, d, value: text });
    if (texts.length <= PRINTED) column.append(make("span", "digits", typeset(text)));
    box.append(column);
  });
  box.style.setProperty("--zero", `${high * height}px`);
  return make("div", "sum", box, make("div", "total", ...total));
}

function products({ products, q, k, score }) {
  const note = (d) => `dimension ${d}: ${q[d]} × ${k[d]} = ${products[d]}`;
  return bars("product", products, (x) => `var(--${x < 0 ? "down" : "up"})`, note, ["= ", num("score", score, "big")]);
}

function looks({ look, value, others, out, weight }) {
  const note = (d) => `dimension ${d}: ${weight} × ${value[d]} = ${look[d]}; with the other looks ${others[d]}, head_out is ${out[d]}`;
  const made = bars("look", look, () => "var(--values)", note, [make("span", "small", "one vector; the looks at all keys add up to head_out")]);
  made.querySelectorAll(".column").forEach((column, d) => Object.assign(column.dataset, { others: others[d], out: out[d], weighted: value[d] }));
  return made;
}

// ---------------------------------------------------------------- from score to weight

function scaling({ score, scale: [scale, name], scaled, softmax }) {
  const line = make("p", "chain", num("score", score), " × ");
  if (name) {
    name.split(/([TCD])$/).filter(Boolean).forEach((text) => line.append(/^[TCD]$/.test(text) ? dimension(text) : text));
    line.append(" = ", num("score", score), " × ");
  }
  line.append(num("scale", scale), " = ", num("scaled", scaled, "big"));
  line.append(softmax ? "; the mask lets it through" : "; masked: −∞ takes its place");
  return line;
}

function softmax({ scaled, softmax, weight, temperature, edited }) {
  if (edited) return make("p", "chain", "put in by hand: ", num("weight", weight, "big"));
  if (!softmax) return make("p", "chain none", "masked: exp(−∞) is 0, so the weight is 0 and this look adds nothing.");
  const { above, largest, exps, keys, rest, total } = softmax;
  const over = temperature === "1" ? [] : [` / temperature ${temperature}`];
  const first = make("p", "chain", num("scaled", scaled), ...over, " − ", num("largest", largest), " (the row's largest, which changes no weight) = ", num("above", above), ", and exp(", typeset(above), ") = ", num("exp", exps[0], "big"));
  const row = make("p", "chain row");
  exps.forEach((text, n) => {
    const key = keys[n] ? token("key", keys[n]) : make("span", "key", `${rest} other keys`);
    const addend = make("span", n ? "addend" : "addend this", num("addend", text), key);
    addend.firstChild.dataset.key = keys[n]?.[0] ?? "rest";
    row.append(...(n ? [make("span", "plus", "+")] : []), addend);
  });
  row.append(make("span", "plus", "="), make("span", "addend", num("total", total, "big"), make("span", "key", "the row's sum")));
  const last = make("p", "chain", num("exp", exps[0]), " / ", num("total", total), " = ", num("weight", weight, "big"));
  return make("div", "", first, row, last);
}

// ---------------------------------------------------------------- to the logits

function logits({ words, shares, raised }) {
  const said = make("p", "words", words);
  if (!shares.length) return make("div", "", said);
  const both = make("div", "tables", table("raises most", shares.slice(0, raised)), table("lowers most", shares.slice(raised)));
  return make("div", "", both, said);
}

function table(title, rows) {
  if (!rows.length) return make("p", "words", `${title}: no token`);
  const head = make("tr", "", ...[title, "this look", "+ other looks", "+ all the rest", "= logit"].map((text) => make("th", "", text)));
  const lines = rows.map(([piece, ...numbers]) => {
    const names = ["look", "head", "rest", "logit"];
    const row = make("tr", "", make("td", "", make("code", "", piece)), ...numbers.map((text, n) => make("td", "", num(`share-${names[n]}`, text))));
    row.dataset.token = piece;
    return row;
  });
  return make("table", "", make("thead", "", head), make("tbody", "", ...lines));
}
