// @ts-check
// The overview: one small map a head, in the order that is asked for.
//
// All of them are drawn on one canvas behind their buttons: a canvas each is a layer each to the browser,
// which it looks through in every frame.

import { fitted, pixelRatio } from "../../easel/canvas.js";
import { button, element, setTo } from "../../easel/elements.js";
import { entropyOf, headName, pairOf } from "./attention_numbers.js";
import { drawMapAt } from "./map_pixels.js";
import { arranged, fillMarks } from "./marks.js";

const NAME = 14; // px, of a head's name below its map, where heads flow
const PADDING = 3; // px, around heads that flow
const FADED = 0.16; // of a hidden head

export function fillGrid(view) {
  const { model, grid } = view;
  const { heads, flow } = arranged(view);
  Object.assign(view, { order: heads, flow });
  const content = JSON.stringify([heads, flow, model.layers, model.heads]);
  fillMarks(view);
  if (view.gridContent === content) { // rebuilt buttons would lose the keyboard's place
    for (const head of heads) nameThumb(model, view.thumbs[head], head);
    return;
  }
  view.gridContent = content;
  const focused = view.thumbs.find((thumb) => thumb?.matches(":focus"))?.dataset.head;
  view.thumbs = [];
  const cells = [];
  heads.forEach((head, n) => {
    if (!flow && n % model.H === 0) cells.push(element("span", "label row", model.layers[n / model.H]));
    cells.push((view.thumbs[head] = makeThumb(model, head, flow)));
  });
  if (!flow) cells.push(element("span"), ...model.heads.map((label) => element("span", "label column", label)));
  grid.classList.toggle("flow", flow);
  grid.replaceChildren(view.maps, ...cells);
  fillMarks(view);
  if (focused !== undefined) (view.thumbs[focused] ?? view.thumbs[heads[0]]).focus();
}

export function nameThumb(model, thumb, head) {
  const entropy = entropyOf(model, head);
  setTo(thumb, "title", headName(model, head) + (entropy === null ? "" : ` · mean entropy ${entropy.toFixed(2)} nats`));
  setTo(thumb, "aria-label", thumb.title);
}

function makeThumb(model, head, flow) {
  const [layer, column] = pairOf(model, head), data = { testid: "attention-thumb", head, layer, column };
  const name = flow ? [element("span", "", headName(model, head))] : [];
  const thumb = button("", { data }, element("i", "place"), ...name);
  nameThumb(model, thumb, head);
  return thumb;
}

/** Where the n-th map stands, in px of the grid's own box. */
function placeOf({ flow, columns, thumb, gap, labels }, n) {
  const [row, column] = [Math.floor(n / columns), n % columns];
  const x = column * (thumb.width + gap);
  if (!flow) return [labels + x, row * (thumb.height + gap)];
  return [PADDING + x, PADDING + row * (thumb.height + NAME + gap)];
}

export function paintThumbs(view) {
  const { model, maps, order, marks, thumb, flow } = view;
  const ratio = pixelRatio();
  const size = { width: Math.max(1, Math.round(thumb.width * ratio)), height: Math.max(1, Math.round(thumb.height * ratio)) };
  const [right, bottom] = [Math.min(order.length, view.columns) - 1, order.length - 1].map((n) => placeOf(view, n));
  const context = fitted(maps, right[0] + thumb.width, bottom[1] + thumb.height + (flow ? NAME : 0));
  context.setTransform(1, 0, 0, 1, 0, 0); // maps are drawn in device pixels
  const all = { i: 0, j: 0, rows: model.T, columns: model.S };
  order.forEach((head, n) => {
    context.globalAlpha = marks?.hidden.includes(head) ? FADED : 1;
    const [x, y] = placeOf(view, n).map((at) => Math.round(at * ratio));
    drawMapAt(context, [x, y], model, head, all, size);
  });
}
