// @ts-check
// A table of texts; what a person or a file wrote is only ever set as text.

import { element, isNews } from "../../easel/elements.js";

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".numbers");
  /** @type {[any, ...any[]]} */
  const lines = [data.head, ...data.rows];
  const shape = `${lines.length} ${data.head.length}`;
  if (root.dataset.shape !== shape) build(root, lines);
  root.dataset.shape = shape;
  const { rows } = root.firstElementChild;
  lines.forEach((line, r) => line.forEach((content, c) => fill(rows[r].cells[c], content)));
}

function build(root, [head, ...rows]) {
  const line = (tag, cells) => element("tr", "", ...cells.map(() => element(tag)));
  const body = element("tbody", "", ...rows.map((row) => line("td", row)));
  root.replaceChildren(element("table", "", element("thead", "", line("th", head)), body));
}

function fill(cell, content) {
  if (!isNews(cell, content)) return;
  if (typeof content === "string") {
    cell.textContent = content;
    return;
  }
  const [token, number] = content;
  cell.replaceChildren(element("code", "", token), ` ${number}`);
}
