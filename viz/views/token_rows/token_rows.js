// @ts-check
// Rows of tokens. Pieces are set as text only; a token lights those of other rows that share a
// character with it.

import { element, setColors } from "../../easel/elements.js";
import { arrowStep, within } from "../../easel/keys.js";

const HINT = "Hover a piece, or go through a row with the arrow keys: what holds the same characters lights up in every row.";

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".token_rows");
  setColors(root, data.colors);
  const readout = element("div", "readout", { data: { testid: "token-readout" }, ariaLive: "polite" }, HINT);
  root.replaceChildren(readout, ...data.rows.map((row, at) => drawn(row, at, data.colors.length)));
  const light = (token) => lit(root, readout, data, token);
  root.onpointerover = (event) => light(event.target.closest(".token"));
  root.onpointerleave = () => light(null);
  root.onkeydown = (event) => moved(event, light);
  root.onfocusout = () => light(null);
  root.dataset.rows = data.rows.length;
}

function drawn(row, at, colors) {
  const heading = element("div", "heading", element("b", "", row.title), element("span", "facts", row.facts));
  const content = row.refused ? element("p", "refused", row.refused) : tokens(row, at, colors);
  return element("section", "", { data: { title: row.title, tokens: row.tokens.length } }, heading, content);
}

function tokens(row, at, colors) {
  const list = row.tokens.flatMap(([piece, id, start, end, breaks], n) => {
    const parts = [element("span", "piece", piece || "∅"), element("span", "id", String(id))];
    const looks = { data: { row: at, n, id, start, end }, style: { "--color": `var(--color-${n % colors})` } };
    const token = element("span", "token", looks, ...parts);
    return breaks ? [token, element("i", "break")] : [token];
  });
  const ariaLabel = `${row.title}: ${row.tokens.length} tokens`;
  return element("div", "tokens", { tabIndex: 0, role: "group", ariaLabel }, ...list);
}

function lit(root, readout, data, token) {
  root.querySelectorAll(".lit, .this").forEach((other) => other.classList.remove("lit", "this"));
  readout.replaceChildren(...(token ? sentence(data, token) : [HINT]));
  if (!token) return;
  token.classList.add("this");
  const start = Number(token.dataset.start), end = Number(token.dataset.end);
  if (start < 0) return;
  for (const other of root.querySelectorAll(".token")) {
    if (Number(other.dataset.start) < end && Number(other.dataset.end) > start) other.classList.add("lit");
  }
}

function sentence(data, { dataset }) {
  const row = data.rows[Number(dataset.row)];
  const [piece, id, start, end] = row.tokens[Number(dataset.n)];
  const last = end - 1;
  const where = start < 0 ? "" : start >= last ? `, character ${start}` : `, characters ${start} to ${last}`;
  return [element("code", "", piece || "∅"), ` is token ${id} of “${row.title}”, number ${dataset.n} of ${row.tokens.length}${where} of the text`];
}

/** The arrow keys go from token to token of the row that has the focus. */
function moved(event, light) {
  const step = arrowStep(event)?.[1];
  const list = event.target.closest(".tokens");
  if (!step || !list) return;
  event.preventDefault();
  const all = [...list.querySelectorAll(".token")];
  const now = all.findIndex((token) => token.classList.contains("this"));
  const next = all[within(now + step, all.length)];
  light(next);
  next.scrollIntoView({ block: "nearest" });
}
