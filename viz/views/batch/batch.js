// @ts-check
// A batch: inputs and targets as two tables of tokens, and one row written out as its examples.
// Pieces are set as text only.

import { button, element } from "../../easel/elements.js";

const ID = 0, PIECE = 1, COUNTS = 3; // of a cell; its place 2 is the document
const NO_ROW = -1; // nothing can be chosen

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".batch");
  data.colors.forEach((color, n) => root.style.setProperty(`--color-${n}`, color));
  const readout = element("div", "readout");
  readout.dataset.testid = "batch-readout";
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

export function line(cells, b, name, data) {
  const head = element("th", "");
  if (name === "x" && data.row !== NO_ROW) {
    const chooser = button("", String(b));
    chooser.setAttribute("aria-label", `write out row ${b}`);
    chooser.setAttribute("aria-pressed", String(b === data.row));
    head.append(chooser);
  } else head.append(String(b));
  const row = element("tr", b === data.row ? "chosen" : "", head);
  row.dataset.b = b;
  cells.forEach((cell, t) => row.append(tokenCell(cell, b, t, name, data.colors.length)));
  return row;
}

function tokenCell([id, piece, document, counts], b, t, name, colors) {
  const node = element("td", counts ? "" : "none");
  if (counts) node.append(element("span", "piece", piece || "∅"), element("span", "id", String(id)));
  else node.append(element("span", "piece", " "), element("span", "id", "–"));
  // In one long text each place has its colour, so that a target has that of the input it becomes.
  const color = document >= 0 ? document : name === "x" ? t : t + 1;
  if (counts) node.style.setProperty("--color", `var(--color-${color % colors})`);
  Object.assign(node.dataset, { b, t, of: name, id, document });
  return node;
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
  const list = element("ol", "examples");
  list.dataset.testid = "batch-examples";
  list.setAttribute("aria-label", `row ${b} as its examples`);
  data.y[b].forEach((target, t) => {
    if (!target[COUNTS]) return;
    const pieces = data.x[b].slice(0, t + 1).map((cell) => element("span", "piece read", cell[PIECE] || "∅"));
    const shown = element("span", "pieces", ...pieces, element("span", "arrow", "→"), element("span", "piece said", target[PIECE] || "∅"));
    const item = element("li", "", element("span", "words", ...sentence(data, b, t)), shown);
    Object.assign(item.dataset, { b, t });
    list.append(item);
  });
  const count = list.children.length;
  return element("section", "", element("h4", "", `Row ${b}: one block, ${count} examples`), list);
}
