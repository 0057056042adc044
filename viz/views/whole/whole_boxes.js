// @ts-check
// The boxes of a whole model: made once for a model and a text, then filled anew for each token.

import { element } from "../../easel/elements.js";
import { fourDecimals, shortText } from "../../easel/number_text.js";
import { longest, numberOf, queryOf } from "./whole_numbers.js";

const HEADS = 96; // px, for all heads of a layer
const ROW = [4, 13]; // px, of one head
const SPELLED = 6; // layers whose boxes have room for the word

/** Everything of a model; `view.boxes` gets an entry for each box that has a number. */
export function buildModel(view) {
  view.boxes = [];
  const { stacks } = view.model;
  const panels = stacks.map((stack, s) => stackPanel(view, stack, s));
  return element("div", `panels count${stacks.length}`, ...panels);
}

/** The tokens of a stack, each to be hovered. */
export function tokenStrip(stack, s, several) {
  const tokens = stack.tokens.map((piece, n) => element("span", "token", { data: { testid: "whole-token", stack: s, n } }, piece || "∅"));
  const ariaLabel = `${stack.tokens.length} tokens, read by the ${stack.name}; arrow keys move, Enter holds one`;
  const list = element("div", "tokens", { tabIndex: 0, role: "group", ariaLabel, data: { stack: s } }, ...tokens);
  return several ? element("div", "text", element("span", "name", stack.name === "encoder" ? "source" : "target"), list) : list;
}

function stackPanel(view, stack, s) {
  const last = s === view.model.stacks.length - 1;
  const panel = element("section", "stack", { data: { stack: s } });
  const several = view.model.stacks.length > 1;
  if (several) panel.append(element("b", "name", stack.name === "encoder" ? "Encoder" : "Decoder"));
  const before = element("div", "before", ...stack.before.map((box) => boxOf(view, s, box)));
  const rows = stack.branches.map((branch) => element("div", `note of-${branch.kind}`, element("b", "", branch.title), ` ${branch.shape}`));
  const layers = element("div", "layers", ...Array.from({ length: stack.layers }, (_, layer) => layerColumn(view, stack, s, layer)));
  const middle = element("div", "middle", ...rows.slice(0, -1), layers, ...rows.slice(-1));
  const after = element("div", "after", ...stack.after.map((box) => boxOf(view, s, box)));
  if (last) after.append((view.bars = element("div", "bars")));
  panel.append(before, stack.layers ? middle : element("div", "middle none", "no layers"), after);
  return panel;
}

function boxOf(view, stack, { kind, title, shape, door }) {
  const number = element("span", "number"), fill = element("i", "fill");
  const node = link(view, "box", { stack, kind }, door, element("span", "title", title), number, element("span", "shape", shape), fill);
  node.dataset.about = `${title}: ${shape}`;
  const box = { stack, kind };
  const adds = view.model.stacks[stack].before.some((one) => one.kind === kind);
  if (!adds) fill.remove();
  if (numberOf(view.model, box, 0) !== null) view.boxes.push({ box, node, number, fill: adds ? fill : null });
  return node;
}

function layerColumn(view, stack, s, layer) {
  const branches = stack.branches.map((branch) => branchBox(view, stack, branch, s, layer));
  const stream = element("i", "stream", element("b", "", "+"));
  view.boxes.push({ box: { stack: s, kind: "stream", layer }, node: stream, stream });
  return element("div", "layer", ...branches.slice(0, -1), stream, ...branches.slice(-1));
}

function branchBox(view, stack, branch, s, layer) {
  const { kind } = branch, number = element("span", "number"), fill = element("i", "fill");
  const title = link(view, "box", { stack: s, kind, layer }, branch.door, element("span", "title", stack.layers > SPELLED ? String(layer) : `Layer ${layer}`), number, fill);
  title.dataset.about = `Layer ${layer}, ${branch.title}: ${branch.shape}`;
  view.boxes.push({ box: { stack: s, kind, layer }, node: title, number, fill });
  const node = element("div", `branch of-${kind}`, title);
  if (branch.head_door) node.append(headRows(view, stack, branch, s, layer));
  return node;
}

function headRows(view, stack, branch, s, layer) {
  const style = { "--row": `${Math.min(Math.max(HEADS / stack.heads, ROW[0]), ROW[1])}px` };
  const group = element("div", "heads", { role: "group", ariaLabel: `heads of layer ${layer}; arrow keys move`, style });
  for (let head = 0; head < stack.heads; head++) {
    const box = { stack: s, kind: branch.kind, layer, head }, fill = element("i", "fill");
    const node = link(view, "head", box, branch.head_door, fill);
    node.tabIndex = head ? -1 : 0;
    view.boxes.push({ box, node, fill });
    group.append(node);
  }
  return group;
}

/** A link with its box in data-*; its address follows the token (`fillBoxes`). */
function link(view, name, box, door, ...children) {
  const node = element("a", `${name} of-${box.kind}`, ...children);
  for (const [key, value] of Object.entries({ testid: `whole-${name}`, ...box })) node.dataset[key] = String(value);
  const spoken = [box.kind, box.layer === undefined ? "" : `layer ${box.layer}`, box.head === undefined ? "" : `head ${box.head}`];
  node.ariaLabel = spoken.filter(Boolean).join(", ");
  view.doors.set(node, { box, door });
  return node;
}

/** Writes the numbers of a token into the boxes of a stack, and where its links lead. */
export function fillBoxes(view, stack, token) {
  const { model } = view, most = longest(model, stack, token) || 1;
  const { layers } = model.stacks[stack];
  const streams = Array.from({ length: layers + 1 }, (_, layer) => numberOf(model, { stack, kind: "stream", layer }, token));
  const widest = Math.max(...streams) || 1;
  for (const one of view.boxes) {
    if (one.box.stack !== stack) continue;
    const value = one.stream ? streams[one.box.layer + 1] : numberOf(model, one.box, token);
    one.node.dataset.value = fourDecimals(value);
    if (one.stream) one.stream.style.setProperty("--thick", `${2 + 12 * value / widest}px`);
    else if (one.fill) one.fill.style.transform = `scaleX(${value / most})`;
    if (one.number) one.number.textContent = shortText(value);
  }
  for (const [node, { box, door }] of view.doors) {
    if (box.stack === stack) node.setAttribute("href", `${door.page}?${new URLSearchParams(queryOf(door, box, token))}`);
  }
}
