// @ts-check
// The linked attention view, drawn on plain canvas: what there is of it, and what it knows.
//
// The other files of this folder: model and pixels (numbers, colours), layout, dom, grid, marks and
// player (what stands on the page), draw and arcs (canvas), moves and events (what a person does).
//
// The focus is the cell (query i, key j) that is lit in every panel at once. A map is drawn once
// per head to a canvas below; what follows the mouse goes to one above it.

import { element } from "../../easel/elements.js";
import { lookOf, mounted, unmounted } from "../../easel/mounting.js";
import { Picks } from "../../easel/picks.js";
import { decode, headAt, strongest } from "./attention_numbers.js";
import { buildReadout, fillCaption, fillLegend, fillStrip } from "./dom.js";
import { paint } from "./draw.js";
import { bindEvents } from "./events.js";
import { fillGrid } from "./grid.js";
import { layout, marginOf } from "./layout.js";
import { buildMarks, takeMarks } from "./marks.js";
import { reportCell, reportHead } from "./moves.js";
import { buildPlayer, loadFilm, showFrame, stopPlaying } from "./player.js";

export default function ({ data, key, parentElement, setStateValue, setTriggerValue }) {
  const view = mounted(parentElement, ".attention", (root) => createView(root, key), layout);
  view.report = setStateValue;
  view.trigger = setTriggerValue;
  update(view, data);
  return () => {
    stopPlaying(view);
    unmounted(view);
  };
}

// ---------------------------------------------------------------- view: one per place on the page

function createView(root, key) {
  const find = (selector) => root.querySelector(selector);
  const view = {
    root, picks: new Picks(key), strip: find(".strip"), readout: find(".readout"),
    legend: find(".legend"), overview: find(".overview"), grid: find(".grid"), maps: element("canvas", "maps"),
    detail: find(".detail"), frameBox: find(".detail .frame"), axes: find(".axes"),
    map: find(".map"), base: find(".map .base"), over: find(".map .over"), zoomBar: find(".zoom"),
    arcs: find(".arcs"), arcsBox: find(".arcs .frame"), arcsBase: find(".arcs .base"),
    arcsOver: find(".arcs .over"), marksBar: find(".marks"), player: find(".player"),
    model: null, look: "", head: 0, focus: null, locked: false,
    window: null, arcsStart: 0, arcsKeyStart: 0, tokens: [], keySpans: [], thumbs: [],
    drawn: {}, drag: null, marks: null, order: [], flow: false, at: 0, playing: 0, width: 0, outline: "",
    looks: [], lit: [], inSight: null, // of the strip's tokens: their tints, the query and the key, what it was scrolled to
  };
  view.parts = buildReadout(view.readout);
  fillCaption(view.arcs, [["b", "query", "query"], ["span", "", "looks at"], ["b", "key", "key"]]);
  view.play = buildPlayer(view);
  view.markButtons = buildMarks(view);
  document.fonts.ready.then(() => view.model && marginOf(view) !== view.margin && layout(view));
  bindEvents(view);
  return view;
}

function update(view, data) {
  const { model, selection } = decode(data);
  const { marks, ...wish } = selection ?? {};
  const look = lookOf(view.root);
  const fresh = !view.model || view.model.digest !== model.digest;
  const moved = obey(view, model, selection && wish);
  const marked = takeMarks(view, model, marks);
  if (!fresh && look.signature === view.look.signature && !moved && !marked) return;
  view.look = look;
  view.drawn = {};
  const before = view.model;
  const texts = (of) => JSON.stringify([of.tokens, of.keyTokens, of.twoTexts]);
  const sameText = before && texts(before) === texts(model);
  const outline = view.outline;
  if (fresh) {
    view.model = model;
    if (model.film) loadFilm(view, before);
    if (!sameText) fillStrip(view);
    fillLegend(view);
    Object.assign(view.root.dataset, { site: model.site, tokens: model.T, keyTokens: model.S });
  }
  if (model.film) showFrame(view);
  if (fresh || marked) fillGrid(view);
  keepValid(view, sameText, fresh);
  view.outline = JSON.stringify([texts(model), view.gridContent, look.signature]);
  if (view.outline === outline && view.width) paint(view); // other numbers in the same places
  else layout(view);
}

/** Shows what Python newly wishes for; false where that changes nothing. */
function obey(view, model, selection) {
  const next = view.picks.follow(selection, !view.model);
  if (!next) return false;
  if (next.pick) {
    Object.assign(view, next.pick);
    return true;
  }
  view.head = headAt(model, selection.selected);
  if (selection.locked) view.focus = { i: selection.locked[0], j: selection.locked[1] };
  view.locked = Boolean(selection.locked);
  view.at = selection.frame ?? Infinity;
  return true;
}

/** Head and lock stay while they exist in new data, the window while the text is the same.
    At rest the last query is lit, the one that the next token is read from. New numbers may give
    most to another key than the old ones did: unless a person holds or points at a cell, the query
    is lit with the key that is its strongest now, as its thickest arc says. */
function keepValid(view, sameText, fresh) {
  const { model } = view;
  if (!(view.head < model.L * model.H)) {
    view.head = model.selected;
    reportHead(view);
  }
  const inside = view.focus && view.focus.i < model.T && view.focus.j < model.S;
  const lost = !inside && view.locked;
  view.locked &&= inside;
  if (!inside || (!view.locked && !sameText)) {
    view.focus = { i: model.T - 1, j: strongest(model, view.head, model.T - 1) };
  } else if (fresh && !view.locked && !view.map.matches(":hover")) {
    view.focus = { i: view.focus.i, j: strongest(model, view.head, view.focus.i) };
  }
  if (lost) reportCell(view);
  if (!sameText) view.window = { i: 0, j: 0, rows: model.T, columns: model.S };
}
