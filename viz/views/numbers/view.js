// A table of texts; what a person or a file wrote is only ever set as text.

export default function ({ data, parentElement }) {
  const table = parentElement.querySelector("table");
  const lines = [data.head, ...data.rows];
  const shape = `${lines.length} ${data.head.length}`;
  if (table.dataset.shape !== shape) build(table, lines);
  table.dataset.shape = shape;
  lines.forEach((line, r) => line.forEach((content, c) => fill(table.rows[r].cells[c], content)));
}

function build(table, [head, ...rows]) {
  const line = (tag, cells) => {
    const row = document.createElement("tr");
    row.append(...cells.map(() => document.createElement(tag)));
    return row;
  };
  const part = (tag, ...lines) => {
    const made = document.createElement(tag);
    made.append(...lines);
    return made;
  };
  table.replaceChildren(part("thead", line("th", head)), part("tbody", ...rows.map((row) => line("td", row))));
}

function fill(cell, content) {
  const told = JSON.stringify(content);
  if (cell.told === told) return;
  cell.told = told;
  if (typeof content === "string") {
    cell.textContent = content;
    return;
  }
  const [token, number] = content;
  const code = document.createElement("code");
  code.textContent = token;
  cell.replaceChildren(code, ` ${number}`);
}
