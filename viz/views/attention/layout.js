// @ts-check
// Layout: what depends on the width of the page.

import { mapSize } from "../../easel/map_shape.js";
import { axisMargin, EDGE } from "../../easel/token_axes.js";
import { ROW } from "./arcs.js";
import { paint } from "./draw.js";

const CAPTION = 300; // px for the large map's caption, at least
const ABOVE = 430; // px of a narrow page above the large map, and its labels below: the rest is in sight
const BELOW = 6; // px of a page below the labels of the large map
const LOWEST = 280; // px of a large map, however low the window
const FEW = { cell: 18, side: 210 }; // px: a map of few cells may be lower, down to these

export const marginOf = ({ axes, model, look }) => axisMargin(axes, model.twoTexts ? [...model.tokens, ...model.keyTokens] : model.tokens, look.mono);

export function layout(view) {
  const { root, model } = view;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  const size = view.width >= 1000 ? "wide" : view.width >= 620 ? "medium" : "narrow";
  root.classList.toggle("medium", size === "medium");
  root.classList.toggle("narrow", size === "narrow");
  view.margin = marginOf(view);
  const share = { wide: 0.36, medium: 0.52, narrow: 1 }[size];
  const lowest = Math.min(LOWEST, Math.max(FEW.side, FEW.cell * Math.max(model.T, model.S)));
  const high = Math.max(lowest, innerHeight - (size === "narrow" ? ABOVE : topInPage(view.frameBox) + view.margin + BELOW));
  view.side = Math.floor(Math.min(660, high, view.width * share - (size === "wide" ? 0 : view.margin + EDGE)));
  const room = { wide: 0.31 * view.width, medium: view.width - view.side - view.margin - EDGE - 28, narrow: view.width }[size];
  const { width, height } = mapSize(model.T, model.S, view.side);
  Object.assign(view, { mapWidth: width, mapHeight: height });
  layoutGrid(view, Math.floor(Math.min(room, view.side + 24)));
  view.frameBox.style.height = `${height + view.margin}px`;
  view.detail.style.width = `${Math.max(width, Math.min(view.side, CAPTION)) + view.margin}px`;
  Object.assign(view.map.style, { left: `${view.margin}px`, width: `${width}px`, height: `${height}px` });
  view.arcsHeight = size === "wide" ? view.side : Math.min(view.side, Math.max(160, Math.max(model.T, model.S) * ROW));
  view.arcsBox.style.height = `${view.arcsHeight}px`;
  view.arcsWidth = view.arcsBox.clientWidth;
  view.inSight = null; // lines of tokens break elsewhere
  paint(view);
}

/** How far below the page's beginning an element stands, however far the page is scrolled. */
function topInPage(element) {
  const scrolled = document.querySelector(".stMain")?.scrollTop ?? scrollY;
  return element.getBoundingClientRect().top + scrolled;
}

/** In the default order thumbnails shrink until every head fits; sorted, they flow and scroll. */
function layoutGrid(view, room) {
  const { model, grid } = view;
  const tall = view.side;
  let columns = model.H;
  const labels = labelWidth(model);
  const gap = view.flow || model.H * model.L <= 64 ? 6 : 3;
  const { width: u, height: v } = mapSize(model.T, model.S, 1000); // thousandths of a thumbnail's longer side
  let thumb = Math.min((((room - labels) / model.H - gap) * 1000) / u, (((tall + gap) / model.L - gap) * 1000) / v, 150);
  if (view.flow) {
    columns = Math.max(1, Math.ceil(Math.sqrt((view.order.length * room) / tall)));
    columns = Math.min(columns, Math.floor(room / 50), view.order.length);
    thumb = Math.min((((room - 8) / columns - gap) * 1000) / u, 150);
  }
  const { width, height } = mapSize(model.T, model.S, Math.max(10, Math.floor(thumb)));
  grid.style.setProperty("--thumb-width", `${width}px`);
  grid.style.setProperty("--thumb-height", `${height}px`);
  grid.style.setProperty("--gap", `${gap}px`);
  grid.style.gridTemplateColumns = view.flow ? `repeat(${columns}, ${width}px)` : `${labels - gap}px repeat(${columns}, ${width}px)`;
  grid.style.gridTemplateRows = view.flow ? "" : `repeat(${model.L}, ${height}px)`;
  grid.style.maxHeight = view.flow ? `${tall + view.margin}px` : "";
  view.overview.style.width = `${room}px`;
  const spare = width < 24 ? 2 : 1; // column labels of narrow thumbnails would collide
  grid.querySelectorAll(".label.column").forEach((label, h) => (label.style.visibility = h % spare ? "hidden" : ""));
  Object.assign(view, { thumb: { width, height }, columns, gap, labels });
}

function labelWidth(model) {
  return Math.min(90, 10 + 6 * Math.max(...model.layers.map((label) => label.length)));
}
