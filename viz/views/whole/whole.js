// @ts-check
// A whole model at work on a text. Every box is a link, and a hovered token is followed through all
// of them. The server is asked for nothing but another page, or the bars of a very large model.

import { element, setColors } from "../../easel/elements.js";
import { arrowStep, hasModifier, isEnter, within } from "../../easel/keys.js";
import { countPaint, inNextFrame, later, mounted, unmounted } from "../../easel/mounting.js";
import { fourDecimals, longText } from "../../easel/number_text.js";
import { Picks } from "../../easel/picks.js";
import { buildModel, fillBoxes, tokenStrip } from "./whole_boxes.js";
import { barsAfter, decodeWhole, longest, lookedAt, numberOf, queryOf } from "./whole_numbers.js";

const LATER = "Click the token to compute what comes after it.";

export default function ({ data, key, parentElement, setStateValue, setTriggerValue }) {
  const view = mounted(parentElement, ".whole", (root) => createWhole(root, key));
  view.open = (page, query) => setTriggerValue("door", { page, query });
  view.report = (token) => setStateValue("pick", { token, epoch: view.picks.epoch });
  const { wish, model } = decodeWhole(data), next = view.picks.follow(wish, !view.model);
  const token = next ? (next.wish?.token ?? next.pick) : view.held.at(-1);
  if (model.digest !== view.model?.digest) showModel(view, model, token);
  else if (next) holdAt(view, model.stacks.length - 1, token);
  return () => unmounted(view);
}

function createWhole(root, key) {
  const readout = element("div", "readout", { data: { testid: "whole-readout" }, ariaLive: "polite" });
  const strips = element("div", "strips"), picture = element("div", "picture");
  root.replaceChildren(strips, readout, picture);
  const view = { root, picks: new Picks(key), readout, strips, picture, model: null, held: [], followed: [], pointed: null, doors: new Map(), boxes: [], bars: null };
  listenWhole(view);
  return view;
}

function showModel(view, model, wanted) {
  const { stacks } = model, last = stacks.length - 1;
  Object.assign(view, { model, pointed: null, doors: new Map() });
  view.held = stacks.map((stack, s) => (s === last ? within(wanted, stack.tokens.length) : stack.tokens.length - 1));
  setColors(view.root, model.colors);
  view.strips.replaceChildren(...stacks.map((stack, s) => tokenStrip(stack, s, last > 0)));
  view.picture.replaceChildren(buildModel(view));
  view.followed = [...view.held];
  stacks.forEach((_, s) => followToken(view, s, view.held[s]));
  for (const token of view.strips.querySelectorAll(".token.held")) token.parentElement.scrollTop = token.offsetTop;
  tellWhole(view);
}

/** Draws everything of one stack for one of its tokens. */
function followToken(view, stack, token) {
  view.followed[stack] = token;
  fillBoxes(view, stack, token);
  if (stack === view.model.stacks.length - 1) drawBars(view, token);
  drawStrips(view);
  view.root.dataset.followed = view.followed.join(",");
  countPaint(view.root);
}

function drawStrips(view) {
  const { model, followed, held } = view, main = view.stack ?? model.stacks.length - 1;
  view.strips.querySelectorAll(".tokens").forEach((list, s) => {
    const weights = lookedAt(model, main, followed[main], s);
    list.querySelectorAll(".token").forEach((token, n) => {
      const weight = weights.get(n);
      token.style.setProperty("--weight", weight === undefined ? "0%" : `${Math.round(weight * 60)}%`);
      token.classList.toggle("this", n === followed[s]);
      token.classList.toggle("held", n === held[s]);
    });
  });
}

function drawBars(view, token) {
  const { model, bars } = view, { door, title } = model.bars, rows = barsAfter(model, token);
  const last = model.stacks.length - 1, href = `${door.page}?${new URLSearchParams(queryOf(door, {}, token))}`;
  const heading = element("a", "heading", { data: { testid: "whole-bars" }, href }, title);
  view.doors.set(heading, { box: { stack: last, kind: "bars" }, door });
  for (const node of bars.querySelectorAll(".heading")) view.doors.delete(node);
  bars.replaceChildren(heading, ...(rows ? rows.map(barRow) : [element("p", "later", LATER)]));
}

function barRow([name, prob]) {
  const text = fourDecimals(prob), fill = element("i", "fill", { style: { transform: `scaleX(${prob})` } });
  const parts = [element("code", "", name || "∅"), element("span", "track", fill), element("span", "number", text)];
  return element("div", "bar", { data: { testid: "whole-bar", name, value: text } }, ...parts);
}

/** The line above the picture: the token, or the box under the mouse. */
function tellWhole(view) {
  const { model, pointed, followed, readout } = view, last = model.stacks.length - 1;
  const stack = pointed?.box.stack ?? view.stack ?? last, token = followed[stack];
  const piece = element("code", "", model.stacks[stack].tokens[token]);
  readout.replaceChildren(...(pointed ? boxWords(view, pointed, token, piece) : tokenWords(view, stack, token, piece)));
}

function tokenWords({ model }, stack, token, piece) {
  const most = longest(model, stack, token);
  return [element("b", "", `Token ${token} `), piece, ` · bars: the length of what a box adds to its stream (the longest: ${longText(most)})`];
}

function boxWords({ model }, { box, node }, token, piece) {
  const value = numberOf(model, box, token), about = node.dataset.about ?? "";
  if (box.kind === "bars") return [element("b", "", model.bars.title)];
  if (value === null) return [element("b", "", about)];
  const does = box.kind === "norm" ? "It makes a vector of length " : "It adds ";
  if (box.head === undefined) return [element("b", "", `${about}. `), does, element("b", "", longText(value)), ` ${box.kind === "norm" ? "of" : "to"} token ${token} `, piece];
  const key = numberOf(model, box, token, "key"), top = numberOf(model, box, token, "top"), branch = model.stacks[box.stack].branches.find((one) => one.kind === box.kind);
  const name = box.kind === "cross" ? "cross-attention head" : "head";
  const where = key === null ? ["one token"] : [`token ${key} `, element("code", "", model.stacks[branch.keys_of].tokens[key])];
  return [element("b", "", `Layer ${box.layer}, ${name} ${box.head} `), `adds `, element("b", "", longText(value)), ` to token ${token} `, piece, `; it gives ${longText(top)} of its weight to `, ...where];
}

function listenWhole(view) {
  const { root, strips } = view;
  root.onpointerover = (event) => pointAt(view, event.target);
  root.onpointerleave = () => { unfollow(view); pointAt(view, null); };
  strips.onpointerleave = () => unfollow(view);
  root.addEventListener("focusin", (event) => pointAt(view, event.target));
  root.onclick = (event) => pressed(view, event);
  root.onkeydown = (event) => keyed(view, event);
}

function pointAt(view, target) {
  if (!view.model) return;
  const token = target?.closest(".token"), node = target?.closest("a");
  const door = node && view.doors.get(node);
  view.pointed = door ? { ...door, node } : null;
  if (token) follow(view, Number(token.dataset.stack), Number(token.dataset.n));
  markKey(view);
  tellWhole(view);
}

function follow(view, stack, token) {
  view.stack = stack;
  view.wanted = [stack, token];
  inNextFrame(view, () => { followToken(view, ...view.wanted); tellWhole(view); });
}

function unfollow(view) {
  if (!view.model) return;
  view.stack = undefined;
  view.model.stacks.forEach((_, s) => view.followed[s] !== view.held[s] && followToken(view, s, view.held[s]));
  drawStrips(view);
  tellWhole(view);
}

/** Frames the token that the head under the mouse gives most of its weight to. */
function markKey(view) {
  const { pointed, model, followed, strips } = view;
  strips.querySelectorAll(".key").forEach((node) => node.classList.remove("key"));
  if (pointed?.box.head === undefined) return;
  const { box } = pointed, { keys_of: keysOf } = model.stacks[box.stack].branches.find((one) => one.kind === box.kind);
  const key = numberOf(model, box, followed[box.stack], "key");
  if (key !== null) strips.querySelectorAll(".tokens")[keysOf].querySelectorAll(".token")[key].classList.add("key");
}

function pressed(view, event) {
  const token = event.target.closest(".token"), node = event.target.closest("a");
  if (token) return hold(view, Number(token.dataset.stack), Number(token.dataset.n));
  const found = node && view.doors.get(node);
  if (!found || hasModifier(event) || event.shiftKey) return; // another tab, as with any link
  event.preventDefault();
  view.open(found.door.page, queryOf(found.door, found.box, view.followed[found.box.stack]));
}

function holdAt(view, stack, token) {
  view.held[stack] = token;
  followToken(view, stack, token);
  tellWhole(view);
}

function hold(view, stack, token, delay = 0) {
  holdAt(view, stack, token);
  if (stack === view.model.stacks.length - 1) view.picks.remember(token);
  if (stack === view.model.stacks.length - 1) later(view, "report", delay, () => view.report(token));
}

function keyed(view, event) {
  const step = arrowStep(event), list = event.target.closest(".tokens"), group = event.target.closest(".heads");
  if (list && (step || isEnter(event))) {
    const stack = Number(list.dataset.stack), { tokens } = view.model.stacks[stack];
    event.preventDefault();
    const next = within(view.followed[stack] + (step ? step[0] + step[1] : 0), tokens.length);
    view.stack = stack;
    hold(view, stack, next, step ? 300 : 0);
    list.querySelectorAll(".token")[next].scrollIntoView({ block: "nearest" });
  } else if (group && step) {
    event.preventDefault();
    const all = [...group.children];
    all[within(all.indexOf(event.target) + step[0] + step[1], all.length)].focus();
  }
}
