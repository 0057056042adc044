// @ts-check
// The player: one map a head for every snapshot of a run, all of them here, so that they can be
// scrubbed and played without asking Python. A byte is sqrt(weight) × 255.

import { button, element } from "../../easel/elements.js";
import { later } from "../../easel/mounting.js";
import { paintHead } from "./draw.js";
import { nameThumb, paintThumbs } from "./grid.js";
import { say } from "./moves.js";

const FRAME_TEN_THOUSANDTHS = Uint16Array.from({ length: 256 }, (_, code) => Math.round((code / 255) ** 2 * 10000));
const SPEEDS = [2, 6, 12, 24]; // frames a second

export function buildPlayer(view) {
  const play = button("play", { title: "Play" }, "▶");
  const slider = element("input", "", { type: "range", min: 0, step: 1, ariaLabel: "Optimizer step" });
  const step = element("output", "step");
  const speeds = SPEEDS.map((n) => element("option", "", { value: n, selected: n === 12 }, `${n} a second`));
  const speed = element("select", "", { ariaLabel: "Frames a second" }, ...speeds);
  view.player.replaceChildren(play, slider, step, speed);
  play.onclick = () => (view.playing ? rest(view) : startPlaying(view));
  slider.oninput = () => {
    stopPlaying(view);
    goToFrame(view, Number(slider.value));
    later(view, "frame", 250, () => reportFrame(view));
  };
  return { play, slider, step, speed };
}

/** A new run of snapshots: stay at the step that was shown, if there was one. */
export function loadFilm(view, before) {
  const { model } = view;
  model.cells = model.buffers.frames.shape[2];
  model.unit = 10000; // of FRAME_TEN_THOUSANDTHS
  model.numbers = new Uint16Array(model.L * model.H * model.cells);
  for (let head = 0; head < model.L * model.H; head++) {
    model.exact.set(head, model.numbers.subarray(head * model.cells, (head + 1) * model.cells));
  }
  if (before?.film && view.at < before.frames.steps.length) {
    const step = before.frames.steps[view.at];
    const far = model.frames.steps.map((other) => Math.abs(other - step));
    view.at = far.indexOf(Math.min(...far));
    later(view, "frame", 50, () => reportFrame(view));
  }
}

/** Puts the numbers of the frame at `view.at` where everything else reads them. */
export function showFrame(view) {
  const { model, play } = view;
  const last = model.frames.steps.length - 1;
  view.at = Math.max(0, Math.min(last, view.at));
  const start = view.at * model.numbers.length;
  for (let n = 0; n < model.numbers.length; n++) model.numbers[n] = FRAME_TEN_THOUSANDTHS[model.film[start + n]];
  model.entropy = model.frames.entropy[view.at];
  const step = model.frames.steps[view.at].toLocaleString("en");
  model.name = `weights at step ${step}`;
  Object.assign(play.slider, { max: last, value: view.at, ariaValueText: `step ${step}` });
  play.step.textContent = `step ${step}`;
  view.player.classList.toggle("on", last > 0);
  view.legend.querySelector(".name").textContent = model.name;
  view.thumbs.forEach((thumb, head) => nameThumb(model, thumb, head));
  Object.assign(view.root.dataset, { frame: view.at, frames: last + 1, step: model.frames.steps[view.at] });
}

function goToFrame(view, at) {
  view.at = at;
  showFrame(view);
  view.drawn = {};
  paintHead(view);
  paintThumbs(view);
}

/** Frames follow the clock, so that a slow machine leaves some out rather than falling behind. */
function startPlaying(view) {
  const last = view.model.frames.steps.length - 1;
  if (view.at >= last) goToFrame(view, 0);
  const [from, began] = [view.at, performance.now()];
  view.play.play.textContent = "⏸";
  view.play.play.title = "Pause";
  const tick = (now) => {
    const at = Math.min(last, from + Math.floor(((now - began) / 1000) * Number(view.play.speed.value)));
    if (at > view.at) goToFrame(view, at);
    if (view.at >= last) rest(view);
    else view.playing = requestAnimationFrame(tick);
  };
  view.playing = requestAnimationFrame(tick);
}

export function stopPlaying(view) {
  cancelAnimationFrame(view.playing);
  view.playing = 0;
  view.play.play.textContent = "▶";
  view.play.play.title = "Play";
}

/** Stands still, and says where. */
function rest(view) {
  stopPlaying(view);
  reportFrame(view);
}

const reportFrame = (view) => say(view, "frame", view.at);
