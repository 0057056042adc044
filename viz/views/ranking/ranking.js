// @ts-check
// Bars for the likeliest tokens, and a table. Words are only ever set as text.

import { element, isNews } from "../../easel/elements.js";

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".ranking");
  if (isNews(root, data)) root.replaceChildren(barsOf(data), wayOf(data));
}

function barsOf({ bars, true: truth }) {
  const rows = bars.flatMap(({ piece, share, text, color, is_true: came }) => {
    const name = came ? element("code", "true", { title: truth }, `✓ ${piece}`) : element("code", "", piece);
    const bar = element("i", "", { style: { width: `${100 * share}%`, background: color } });
    return [name, element("div", "track", { title: share.toFixed(6) }, bar), element("span", "share", text)];
  });
  return element("div", "bars", { data: { testid: "ranking-bars" } }, ...rows);
}

function wayOf({ title, columns, rows }) {
  const head = element("tr", "", ...columns.map((name) => element("th", "", name)));
  const body = rows.map((row) => element("tr", "", ...row.map((cell, n) => element("td", n === 1 ? "token" : "", cell))));
  const table = element("table", "", element("thead", "", head), element("tbody", "", ...body));
  return element("div", "way", element("p", "", title), element("div", "scroll", { tabIndex: 0 }, table));
}
