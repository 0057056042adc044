// @ts-check
// Solo, hide and pin: which heads the overview shows, and in which order.
//
// Python keeps the marks (they are in the URL); the browser shows a change at once and tells all of
// it. Views whose maps are not heads have none.

import { button, element, setTo } from "../../easel/elements.js";
import { headAt, headName, pairOf } from "./attention_numbers.js";
import { fillCaption } from "./dom.js";
import { fillGrid } from "./grid.js";
import { layout } from "./layout.js";

const MARKS = { solo: "Solo", hidden: "Hide", pinned: "Pin" };
const MARK_TITLES = {
  solo: "Show only this head, and other solo ones (S)",
  hidden: "Leave this head out of averages, and grey it here (H)",
  pinned: "Keep this head first (P)",
  all: "Show all heads as they are (A)",
};

export function buildMarks(view) {
  const name = element("b");
  const buttons = {};
  for (const [mark, label] of Object.entries({ ...MARKS, all: "Show all" })) {
    const onclick = () => toggleMark(view, mark);
    buttons[mark] = button("", { title: MARK_TITLES[mark], data: { mark }, onclick }, label);
  }
  view.marksBar.replaceChildren(name, ...Object.values(buttons));
  return { name, ...buttons };
}

/** Takes over what Python says; true where that changes anything. */
export function takeMarks(view, model, said) {
  const ours = (pairs) => pairs.filter(([l, h]) => l < model.L && h < model.H).map((pair) => headAt(model, pair));
  const marks = said ? Object.fromEntries(Object.keys(MARKS).map((mark) => [mark, ours(said[mark])])) : null;
  if (JSON.stringify(marks) === JSON.stringify(view.marks)) return false;
  view.marks = marks;
  return true;
}

/** The heads in the order of the overview; `flow` where they are not one row a layer. */
export function arranged({ model, marks }) {
  let heads = model.order ? model.order.map((pair) => headAt(model, pair)) : [...Array(model.L * model.H).keys()];
  if (!marks) return { heads, flow: Boolean(model.order) };
  if (marks.solo.length) heads = heads.filter((head) => marks.solo.includes(head));
  const flow = Boolean(model.order || marks.solo.length || marks.pinned.length);
  const rank = (head) => (marks.pinned.includes(head) ? 0 : marks.hidden.includes(head) ? 2 : 1);
  return { heads: flow ? [...heads].sort((a, b) => rank(a) - rank(b)) : heads, flow };
}

/** The marks of the chosen head on the buttons, of every head on its thumbnail. */
export function fillMarks(view) {
  const { model, marks, head, markButtons } = view;
  view.marksBar.classList.toggle("on", Boolean(marks));
  const some = marks?.solo.length;
  const order = model.order ? "in sorted order" : view.flow ? "pinned first" : "row: layer, column: head";
  const note = some ? `${view.order.length} of ${model.L * model.H}` : order;
  const [only] = model.heads; // an average or a rollout has one map a layer, and is named
  const ofLayers = !some && model.H === 1 && only !== "H0";
  const title = ofLayers ? "All layers" : some ? "Solo heads" : "All heads";
  fillCaption(view.overview, [["b", "", title], ["span", "", ofLayers ? `${only} of the heads` : note]]);
  if (!marks) return;
  markButtons.name.textContent = headName(model, head);
  for (const mark of Object.keys(MARKS)) markButtons[mark].setAttribute("aria-pressed", marks[mark].includes(head));
  markButtons.all.disabled = !Object.values(marks).some((heads) => heads.length);
  view.thumbs.forEach((thumb, n) => {
    const own = Object.keys(MARKS).filter((mark) => marks[mark].includes(n));
    setTo(thumb, "data-marks", own.join(" "));
    setTo(thumb, "aria-label", [thumb.title, ...own].join(" · "));
  });
}

export function toggleMark(view, mark) {
  const { marks, head } = view;
  const toggled = (heads) => (heads.includes(head) ? heads.filter((one) => one !== head) : [...heads, head].sort((a, b) => a - b));
  if (mark === "all") view.marks = { solo: [], hidden: [], pinned: [] };
  else view.marks = { ...marks, [mark]: toggled(marks[mark]) };
  fillGrid(view);
  layout(view);
  const pairs = Object.entries(view.marks).map(([name, heads]) => [name, heads.map((each) => pairOf(view.model, each))]);
  view.trigger("marks", Object.fromEntries(pairs));
}
