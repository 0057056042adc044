// @ts-check
// Bars for the likeliest tokens, and a table. Words are only ever set as text.

import { element, isNews } from "../../easel/elements.js";

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".ranking");
  if (isNews(root, data)) root.replaceChildren(barsOf(data), wayOf(data));
}

function barsOf({ bars, true: truth }) {
  const box = element("div", "bars");
  box.dataset.testid = "ranking-bars";
  for (const { piece, share, text, color, is_true: came } of bars) {
    const bar = element("i");
    Object.assign(bar.style, { width: `${100 * share}%`, background: color });
    const name = element("code", came ? "true" : "", came ? `✓ ${piece}` : piece);
    if (came) name.title = truth;
    const track = element("div", "track", bar);
    track.title = share.toFixed(6);
    box.append(name, track, element("span", "share", text));
  }
  return box;
}

function wayOf({ title, columns, rows }) {
  const head = element("tr", "", ...columns.map((name) => element("th", "", name)));
  const body = rows.map((row) => element("tr", "", ...row.map((cell, n) => element("td", n === 1 ? "token" : "", cell))));
  const table = element("table", "", element("thead", "", head), element("tbody", "", ...body));
  const scroll = element("div", "scroll", table);
  scroll.tabIndex = 0;
  return element("div", "way", element("p", "", title), scroll);
}
