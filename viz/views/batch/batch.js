// @ts-check
// A batch: inputs and targets as two tables of tokens, and one row written out as its examples.
// Pieces are set as text only.

import { button, element, setColors } from "../../easel/elements.js";

const ID = 0, PIECE = 1, COUNTS = 3; // of a cell; its place 2 is the document
const NO_ROW = -1; // nothing can be chosen

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".batch");
  setColors(root, data.colors);
  const readout = element("div", "readout", { data: { testid: "batch-readout" } });
  const tables = element("div", "tables", table("x: inputs", "x", data), table("y: targets", "y", data));
  root.replaceChildren(readout, tables, ...(data.row === NO_ROW ? [] : [examples(data)]));
  const tell = (cell) => lit(root, readout, data, cell);
  tell(null);
  root.onpointerover = (event) => tell(event.target.closest("[data-t]"));
  root.onpointerleave = () => tell(null);
  root.onclick = (event) => {
    const row = event.target.closest("[data-b]");
    if (row && data.row !== NO_ROW) setTriggerValue("row", Number(row.dataset.b));
  };
  Object.assign(root.dataset, { rows: data.x.length, row: data.row });
}

function table(title, name, data) {
  const B = data.x.length, T = data.x[0].length;
  const node = element("table", T > 10 ? `${name} narrow` : name, element("caption", "", element("b", "", title), ` ${B} × ${T}`));
  data[name].forEach((cells, b) => node.append(line(cells, b, name, data)));
  return element("div", "scroll", node);
}

function line(cells, b, name, data) {
  const isChosen = b === data.row, canBeChosen = name === "x" && data.row !== NO_ROW;
  const chooser = () => button("", { ariaLabel: `write out row ${b}`, ariaPressed: isChosen }, String(b));
  const head = element("th", "", canBeChosen ? chooser() : String(b));
  const tokens = cells.map((cell, t) => tokenCell(cell, b, t, name, data.colors.length));
  return element("tr", isChosen ? "chosen" : "", { data: { b } }, head, ...tokens);
}

function tokenCell([id, piece, document, counts], b, t, name, colors) {
  const [text, number] = counts ? [piece || "∅", String(id)] : [" ", "–"];
  // In one long text each place has its colour, so that a target has that of the input it becomes.
  const color = document >= 0 ? document : name === "x" ? t : t + 1;
  const style = counts ? { "--color": `var(--color-${color % colors})` } : {};
  const looks = { data: { b, t, of: name, id, document }, style };
  return element("td", counts ? "" : "none", looks, element("span", "piece", text), element("span", "id", number));
}

/** Lights what an example reads and what it is to say; says it in words. */
function lit(root, readout, data, cell) {
  root.querySelectorAll("td.read, td.said").forEach((other) => other.classList.remove("read", "said"));
  if (!cell) return readout.replaceChildren("Hover a token: what is read, and what is to follow.");
  const b = Number(cell.dataset.b), t = Number(cell.dataset.t);
  if (!data.y[b][t][COUNTS]) return readout.replaceChildren("Past the end of the document: nothing is learned here.");
  readout.replaceChildren(...sentence(data, b, t));
  for (let j = 0; j <= t; j++) root.querySelector(`[data-of="x"][data-b="${b}"][data-t="${j}"]`).classList.add("read");
  root.querySelector(`[data-of="y"][data-b="${b}"][data-t="${t}"]`).classList.add("said");
}

function sentence(data, b, t) {
  const ids = data.x[b].slice(0, t + 1).map((cell) => cell[ID]);
  return ["when the input is ", element("code", "", `[${ids.join(", ")}]`), ", the target is ", element("code", "", String(data.y[b][t][ID]))];
}

function examples(data) {
  const b = data.row;
  const items = data.y[b].flatMap((target, t) => {
    if (!target[COUNTS]) return [];
    const pieces = data.x[b].slice(0, t + 1).map((cell) => element("span", "piece read", cell[PIECE] || "∅"));
    const shown = element("span", "pieces", ...pieces, element("span", "arrow", "→"), element("span", "piece said", target[PIECE] || "∅"));
    return [element("li", "", { data: { b, t } }, element("span", "words", ...sentence(data, b, t)), shown)];
  });
  const looks = { data: { testid: "batch-examples" }, ariaLabel: `row ${b} as its examples` };
  const heading = element("h4", "", `Row ${b}: one block, ${items.length} examples`);
  return element("section", "", heading, element("ol", "examples", looks, ...items));
}
