// @ts-check
// Labels along a map: which tokens are printed, where, and in which colour.

import assert from "node:assert/strict";
import { test } from "node:test";

import { axisMargin, drawTokenAxes } from "../../../viz/easel/token_axes.js";

const LOOK = { text: "ink", mono: "mono" };
const TOKENS = [..."abcdefghijklm"];

/** A canvas that remembers what is printed, and where. */
function recorder() {
  /** @type {{text: string, color: string, at: number[]}[]} */
  const printed = [];
  let at = [0, 0];
  /** @type {number[][]} */
  const kept = [];
  const pen = {
    fillStyle: "", font: "", textAlign: "", globalAlpha: 1,
    setTransform() {}, clearRect() {}, rotate() {},
    save: () => kept.push(at),
    restore: () => (at = kept.pop() ?? at),
    translate: (/** @type {number} */ x, /** @type {number} */ y) => (at = [at[0] + x, at[1] + y]),
    fillText: (/** @type {string} */ text) => printed.push({ text, color: pen.fillStyle, at }),
    measureText: (/** @type {string} */ text) => ({ width: 7 * text.length }),
  };
  const canvas = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ ({ style: {}, getContext: () => pen }));
  return { canvas, printed };
}

/** @param {Partial<import("../../../viz/easel/token_axes.js").Axis>} rows @param {number} side */
function drawn(rows, side) {
  const { canvas, printed } = recorder();
  const axis = { tokens: TOKENS, first: 0, count: 13, lit: 3, accent: "queries" };
  drawTokenAxes(canvas, { mapWidth: side, mapHeight: side, margin: 30, look: LOOK, warning: "red" }, { ...axis, ...rows }, { ...axis, lit: 12, accent: "keys" });
  return printed;
}

test("with room, every token is printed once, the lit one last and in its accent", () => {
  const rows = drawn({}, 13 * 20).slice(0, 13);
  assert.equal(rows.map(({ text }) => text).join(""), "abcefghijklmd");
  assert.deepEqual(rows.at(-1), { text: "d", color: "queries", at: [24, 8 + 3.5 * 20] });
});

test("keys stand below the map", () => {
  const keys = drawn({}, 13 * 20).slice(13);
  assert.deepEqual(keys[0], { text: "a", color: "ink", at: [30 + 0.5 * 20, 8 + 260 + 6] });
  assert.deepEqual(keys.at(-1)?.color, "keys");
});

test("without room, every third is printed, and none that the lit one would touch", () => {
  const rows = drawn({ lit: 4 }, 13 * 5).filter(({ at }) => at[0] === 24);
  assert.equal(rows.map(({ text }) => text).join(""), "ajme"); // d and g are 5 and 10 px from e
});

test("a window prints its own tokens, and a lit one only inside it", () => {
  const rows = drawn({ first: 6, count: 4 }, 4 * 20).slice(0, 4);
  assert.equal(rows.map(({ text }) => text).join(""), "ghij");
  assert.equal(rows[0].at[1], 8 + 0.5 * 20);
});

test("warned tokens are printed again in the warning's colour", () => {
  const red = drawn({ warned: [1, 3] }, 13 * 20).filter(({ color }) => color === "red");
  assert.deepEqual(red.map(({ text }) => text), ["b"]); // the lit one keeps its accent
});

test("the margin holds the longest label, within its ends", () => {
  const margin = (/** @type {string} */ token) => axisMargin(recorder().canvas, ["a", token], "mono");
  assert.equal(margin("abcdef"), 6 * 7 + 12);
  assert.equal(margin("ab"), 30);
  assert.equal(margin("a".repeat(40)), 86);
});
