// @ts-check
// The inside of a head, drawn on plain canvas; model.js has the numbers, matrix.js draws one matrix.
//
// The focus is one number {matrix, row, column}, under the mouse or the keyboard's cursor: it and
// what it was made of are lit. The cell is the (query, key) whose story the page tells.

import { linkDimensions } from "../../easel/dimensions.js";
import { element, setColors } from "../../easel/elements.js";
import { arrowStep, hasModifier, isEnter, within } from "../../easel/keys.js";
import { inNextFrame, lookOf, mounted, unmounted } from "../../easel/mounting.js";
import { clip, longText, typeset } from "../../easel/number_text.js";
import { Picks } from "../../easel/picks.js";
import { CELL_HEIGHT, createMatrix, drawLit, HEADER, paintMatrix, renew, reveal, sightOf, sizeMatrix } from "./matrix.js";
import { decodeHead, numberAt, placeName, sourcesOf } from "./matrix_numbers.js";

const GAP = 18;
const NAMED = 80; // the least width, in px, in which the names of queries and values stay whole
const HEADER_BAR = 60; // px, of Streamlit's own bar, under which the readout floats when it is scrolled away
const TALLEST = 15; // rows of digits in sight, at most
const HINT = "Hover a number: what made it lights up. Click a cell of a map of queries and keys for its whole story.";

export default function ({ data, key, parentElement, setStateValue }) {
  const view = mounted(parentElement, ".inside", (root) => createHeadView(root, key), layoutHead);
  view.report = (cell) => setStateValue("pick", { cell, epoch: view.picks.epoch });
  updateHead(view, data);
  const unlink = linkDimensions(view.root, true);
  return () => {
    unlink();
    unmounted(view);
  };
}

function createHeadView(root, key) {
  const view = {
    root, picks: new Picks(key), readout: root.querySelector(".readout"), flow: root.querySelector(".flow"),
    model: null, parts: [], focus: null, cell: [0, 0], look: {}, width: 0,
  };
  document.fonts.ready.then(() => view.model && layoutHead(view)); // digits alone need the fonts
  return view;
}

function updateHead(view, data) {
  const { wish, model } = decodeHead(data);
  const look = lookOf(view.root);
  const fresh = view.model?.digest !== model.digest;
  const next = view.picks.follow(wish, !view.model);
  if (!fresh && !next && look.signature === view.look.signature) return;
  if (look.signature !== view.look.signature) for (const part of view.parts) part.painted = false;
  view.look = look;
  if (next) view.cell = next.pick ?? wish.cell;
  if (fresh) (sameOutline(view.model, model) ? refill : fillFlow)(view, model);
  view.cell = [within(view.cell[0], model.sizes.T), within(view.cell[1], model.sizes.S)];
  layoutHead(view);
}

/** Whether the same matrices stand in the same places. */
function sameOutline(before, after) {
  const outline = ({ cells, sizes, matrices }) => JSON.stringify([cells, sizes, matrices.map(({ name, dims, accent }) => [name, dims, accent])]);
  return Boolean(before) && outline(before) === outline(after);
}

function refill(view, model) {
  Object.assign(view, { model, focus: null });
  for (const part of view.parts) renew(view, part, model.byName.get(part.matrix.name));
  describeHead(view);
}

function describeHead({ root, model }) {
  root.querySelector(".origin").hidden = model.site !== "cross";
  Object.assign(root.dataset, { site: model.site, title: model.title, scale: model.scale, tokens: model.sizes.T, cells: model.cells });
}

/** The matrices in three rows of groups; where the same ones stand, their boxes stay. */
function fillFlow(view, model) {
  const scrolled = new Map(view.parts.map(({ matrix, box }) => [matrix.name, [box.scrollLeft, box.scrollTop]]));
  const focused = view.parts.find(({ box }) => box === view.root.getRootNode().activeElement)?.matrix.name;
  view.model = model;
  view.focus = null;
  setColors(view.root, model.colors);
  view.parts = model.matrices.map((matrix) => createMatrix(view, matrix));
  const part = (name) => view.parts.find(({ matrix }) => matrix.name === name);
  const learned = ["q", "k", "v"].map((letter) => {
    const stacked = [part(`W${letter}`), part(`b${letter}`)].filter(Boolean);
    return element("div", "stack", ...stacked.map(({ figure }) => figure));
  });
  const figures = (...names) => names.map((name) => part(name).figure);
  const row = (name, ...children) => element("div", `row ${name}`, ...children);
  view.flow.replaceChildren(
    row("first", ...figures(...(model.byName.has("y") ? ["x", "y"] : ["x"])), ...learned, ...figures("queries", "keys", "values")),
    row("second", ...figures("scores", "scaled", "masked", "weights")),
    row("third", ...figures("head_out", "projection", "contribution")),
  );
  describeHead(view);
  view.restore = { scrolled, focused };
}

// ---------------------------------------------------------------- layout: what depends on width

function layoutHead(view) {
  const { root, model } = view;
  if (view.width !== root.clientWidth) for (const part of view.parts) part.painted = false;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  const context = (view.measure ??= element("canvas")).getContext("2d");
  context.font = `10.5px ${view.look.mono}`;
  view.digitWidth = Math.ceil(context.measureText("−0.000").width) + 5;
  const widest = Math.max(...[...model.tokens, ...model.keyTokens].map((token) => context.measureText(clip(token, 5)).width));
  view.gutter = Math.ceil(Math.min(44, Math.max(24, widest + 9)));
  sizeMatrices(view);
  for (const { matrix, box } of view.parts) {
    const before = view.restore?.scrolled.get(matrix.name);
    if (before) [box.scrollLeft, box.scrollTop] = before;
    if (view.restore?.focused === matrix.name) box.focus({ preventScroll: true });
  }
  if (view.restore && !view.restore.scrolled.size) for (const part of view.parts) reveal(part, chosenIn(view, part));
  view.restore = null;
  for (const part of view.parts) if (!part.painted || part.digits) paintMatrix(view, part);
  drawHead(view);
  root.dataset.painted = model.digest;
}

/** Other numbers alone leave every size as it was; asking a box for its own makes the browser lay out the page. */
function sizeMatrices(view) {
  const { model: { cells, sizes }, width, digitWidth, gutter, parts } = view;
  const needs = JSON.stringify([cells, sizes, width, digitWidth, gutter]);
  if (parts.every(({ sized }) => sized === needs)) return;
  (cells === "numbers" ? layoutNumbers : layoutColours)(view);
  for (const part of parts) part.sight = sightOf(part); // after all are set: one layout, not one a matrix
  for (const part of parts) part.sized = needs;
}

/**
 * Where a matrix has the chosen cell, or the row of its query or key.
 * @returns {[number, number, number, number]}
 */
function chosenIn({ cell: [i, j] }, { matrix: { isMap, roles, columns } }) {
  if (isMap) return [i, 1, j, 1];
  if (!["token", "query", "key"].includes(roles[0])) return [0, 1, 0, 1];
  return [roles[0] === "key" ? j : i, 1, 0, columns];
}

/** Everything at once: x and six narrow matrices, four maps, then three; fewer a row where their names would not fit. */
function layoutColours(view) {
  const { width } = view;
  const texts = view.model.byName.has("y") ? 2 : 1;
  const unit = (width - (5 + texts) * GAP) / (6 + 2.2 * texts);
  const { own, long, side, third } = unit < NAMED ? narrow(width) : { own: unit, long: 2.2 * unit, side: Math.min(400, (width - 3 * GAP) / 4), third: (width - 2 * GAP) / 5.4 };
  const widths = { x: long, y: long, scores: side, scaled: side, masked: side, weights: side, head_out: third, projection: 2.2 * third, contribution: 2.2 * third };
  for (const part of view.parts) {
    const { name } = part.matrix;
    const height = widths[name] === side ? side : name[0] === "b" ? 10 : 160;
    sizeMatrix(view, part, Math.floor(widths[name] ?? own), Math.floor(height), false);
  }
}

/** Three narrow matrices a row, two maps, and head_out beside the projection. */
function narrow(width) {
  return { own: (width - 2 * GAP) / 3, long: width, side: (width - GAP) / 2, third: (width - GAP) / 3.2 };
}

/** Cells with digits: x over the whole width, threes side by side, as many maps a row as fit. */
function layoutNumbers(view) {
  const { width, model: { sizes: { T, S } } } = view;
  const third = (width - 2 * GAP) / 3;
  const fits = (n) => (width - (n - 1) * GAP) / n >= view.gutter + S * view.digitWidth;
  const columns = [4, 2, 1].find(fits) ?? 1;
  const map = (width - (columns - 1) * GAP) / columns;
  const tall = HEADER + TALLEST * CELL_HEIGHT;
  for (const part of view.parts) {
    const { name, isMap } = part.matrix;
    const room = name === "x" || name === "y" ? width : isMap ? map : third;
    const rows = name === "projection" || name[0] === "W" ? Math.max(4, Math.min(T, 8)) : TALLEST;
    sizeMatrix(view, part, Math.floor(room), Math.min(tall, HEADER + rows * CELL_HEIGHT + 10), true);
  }
}

// ---------------------------------------------------------------- draw: what follows the focus

const requestHead = (view) => inNextFrame(view, drawHead);

function drawHead(view) {
  const { model, focus, parts } = view;
  const lit = new Map();
  if (focus) {
    lit.set(focus.matrix.name, [[focus.row, 1, focus.column, 1]]);
    for (const { of, rect } of sourcesOf(model, focus.matrix, focus.row, focus.column)) lit.set(of, [...(lit.get(of) ?? []), rect]);
  }
  for (const part of parts) {
    const { name, isMap } = part.matrix;
    const rects = lit.get(name) ?? [];
    if (rects.length && name !== focus.matrix.name) reveal(part, rects[0]);
    drawLit(view, part, rects, isMap ? view.cell : null);
  }
  drawReading(view);
}

/** The focused number in words, and as attributes; without one, what can be done. */
function drawReading(view) {
  const { model, focus, readout, cell } = view;
  Object.assign(view.root.dataset, { query: cell[0], key: cell[1] });
  const above = view.root.getBoundingClientRect();
  readout.classList.toggle("floating", Boolean(focus) && above.top < HEADER_BAR);
  Object.assign(readout.style, { left: `${above.left}px`, maxWidth: `${above.width}px` });
  if (!focus) {
    readout.replaceChildren(element("span", "hint", HINT));
    for (const name of ["stage", "row", "col", "value"]) delete readout.dataset[name];
    return;
  }
  const { matrix, row, column } = focus;
  const text = longText(numberAt(matrix, row, column));
  const made = sourcesOf(model, matrix, row, column).map(({ of, rect }) => sourceName(model, of, rect));
  readout.replaceChildren(
    element("b", matrix.accent, matrix.name),
    element("span", roleClass(matrix.roles[0]), placeName(model, matrix.roles[0], row)),
    element("span", roleClass(matrix.roles[1]), placeName(model, matrix.roles[1], column)),
    element("span", text === "masked" ? "value none" : "value", typeset(text)),
    element("span", "made", made.length ? `← ${[...new Set(made)].join(", ")}` : ""),
  );
  Object.assign(readout.dataset, { stage: matrix.name, row, col: column, value: text });
}

const roleClass = (role) => ({ query: "queries", key: "keys" })[role] ?? "";

function sourceName(model, of, [r, rows, c, columns]) {
  const matrix = model.byName.get(of);
  if (rows === matrix.rows && columns === matrix.columns) return of;
  if (rows === 1 && columns === 1) return `${of}[${matrix.rows === 1 ? "" : `${r}, `}${c}]`;
  return rows === 1 ? `${of}[${r}, :]` : `${of}[:, ${c}]`;
}

// ---------------------------------------------------------------- events: assigned, never added

export function bindMatrix(view, part) {
  const { box, matrix } = part;
  const { isMap } = matrix;
  box.classList.toggle("map", isMap);
  box.onpointermove = (event) => setHeadFocus(view, part, cellInSight(part, event));
  box.onpointerleave = () => setHeadFocus(view, part, null);
  box.onclick = (event) => {
    const at = cellInSight(part, event);
    if (isMap && at) chooseCell(view, at);
  };
  box.onfocus = () => {
    if (box.matches(":focus-visible") && view.focus?.matrix !== matrix) setHeadFocus(view, part, isMap ? view.cell : [0, 0]);
  };
  box.onblur = () => view.focus?.matrix === matrix && setHeadFocus(view, part, null);
  box.onkeydown = (event) => onMatrixKey(view, part, isMap, event);
  box.onscroll = () => {
    const beside = view.parts.find(({ matrix: { name } }) => /^[Wb][qkv]$/.test(name) && name !== matrix.name && name[1] === matrix.name[1]);
    if (beside && /^[Wb][qkv]$/.test(matrix.name)) beside.box.scrollLeft = box.scrollLeft; // a bias goes with its matrix
    paintMatrix(view, part);
    requestHead(view);
  };
}

const FAR = { PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -1e9], End: [0, 1e9] };

function onMatrixKey(view, part, isMap, event) {
  if (hasModifier(event)) return;
  const { matrix } = part;
  const own = view.focus?.matrix === matrix ? view.focus : null;
  const move = arrowStep(event) ?? FAR[event.key];
  if (move) {
    const [row, column] = own ? [own.row, own.column] : isMap ? view.cell : [0, 0];
    const next = own ? [row + move[0], column + move[1]] : [row, column];
    const at = [within(next[0], matrix.rows), within(next[1], matrix.columns)];
    reveal(part, [at[0], 1, at[1], 1]);
    setHeadFocus(view, part, at);
  } else if (isEnter(event) && isMap && own) chooseCell(view, [own.row, own.column]);
  else if (event.key === "Escape") setHeadFocus(view, part, null);
  else return;
  event.preventDefault();
}

/** The cell [row, column] under the mouse, or null beside the cells. */
function cellInSight(part, event) {
  const bounds = part.box.getBoundingClientRect();
  const { box, matrix, cell: [w, h], gutter, top } = part;
  const [x, y] = [event.clientX - bounds.left - box.clientLeft, event.clientY - bounds.top - box.clientTop];
  const [width, height] = part.sight;
  if (x < gutter || y < top || x > width || y > height) return null;
  const row = Math.floor((y - top + box.scrollTop) / h);
  const column = Math.floor((x - gutter + box.scrollLeft) / w);
  const inside = row >= 0 && row < matrix.rows && column >= 0 && column < matrix.columns;
  return inside ? [row, column] : null;
}

function setHeadFocus(view, part, at) {
  const next = at && { matrix: part.matrix, row: at[0], column: at[1] };
  const { focus } = view;
  if (focus?.matrix === next?.matrix && focus?.row === next?.row && focus?.column === next?.column) return;
  view.focus = next;
  requestHead(view);
}

function chooseCell(view, cell) {
  view.cell = cell;
  view.picks.remember(cell);
  requestHead(view);
  view.report(cell);
}
