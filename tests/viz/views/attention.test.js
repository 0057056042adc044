// @ts-check
// The attention view's numbers, pixels and order of heads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { packed } from "../../../viz/easel/colors.js";
import { headName, strength, strongest, toModel, valueAt } from "../../../viz/views/attention/attention_numbers.js";
import { mapPixels } from "../../../viz/views/attention/map_pixels.js";
import { arranged } from "../../../viz/views/attention/marks.js";

const [L, H, T] = [2, 3, 5];
const CELLS = (T * (T + 1)) / 2;

/** Head l * H + h gives its n-th visible cell the weight (100 * head + n) / 10000; a NaN is the last of head 1. */
function lowerTriangle() {
  const exact = Uint16Array.from({ length: L * H * CELLS }, (_, n) => 100 * Math.floor(n / CELLS) + (n % CELLS));
  exact[2 * CELLS - 1] = 65535;
  const visible = new Uint8Array(4); // 25 cells
  for (let i = 0; i < T; i++) for (let j = 0; j <= i; j++) visible[(i * T + j) >> 3] |= 1 << ((i * T + j) & 7);
  const header = {
    kind: "weights", L, H, T, S: T, tokens: [..."abcde"], keyTokens: null, triangle: true, exact: "all", unit: 10000, selected: [1, 2], order: null,
    layers: ["L0", "L1"], heads: ["H0", "H1", "H2"], range: [0, 1], entropy: null,
    scale: [[0, "#000000"], [1, "#ffffff"]], colors: { invalid: "#ff0000" },
    buffers: { exact: { shape: [L * H, CELLS] } },
  };
  return toModel(header, { exact, visible });
}

test("a cell of the lower triangle is its weight, above it masked", () => {
  const model = lowerTriangle();
  assert.equal(model.selected, 5);
  assert.equal(valueAt(model, 4, 2, 1), 0.0404); // 400 + the cell after those of rows 0 and 1, 1 and 2 long
  assert.equal(valueAt(model, 4, 1, 2), "masked");
  assert.ok(Number.isNaN(valueAt(model, 1, 4, 4)));
  model.exact.delete(0);
  assert.equal(valueAt(model, 0, 0, 0), "loading");
});

test("the strongest key of a query is that of its largest weight", () => {
  const model = lowerTriangle();
  assert.equal(strongest(model, 0, 3), 3);
  model.exact.get(0)[7] = 900; // row 3 begins at cell 6
  assert.equal(strongest(model, 0, 3), 1);
});

test("weights are drawn by their square root, signed numbers by their size", () => {
  const model = lowerTriangle();
  assert.equal(strength(model, 0.25), 0.5);
  assert.equal(strength({ ...model, signed: true, range: [-4, 4] }, -1), 0.25);
  assert.equal(strength(model, NaN), 0);
});

test("shrunk, a block of a map has the colour of its largest visible number", () => {
  const model = lowerTriangle();
  model.exact.get(0).fill(0);
  model.exact.get(0)[CELLS - 2] = 10000; // query 4, key 3
  const all = { i: 0, j: 0, rows: T, columns: T };
  const whole = mapPixels(model, 0, all, { width: T, height: T });
  assert.equal(whole[4 * T + 3], packed([255, 255, 255]));
  assert.equal(whole[3], 0); // masked: see-through
  const small = mapPixels(model, 0, all, { width: 2, height: 2 });
  assert.deepEqual([...small], [packed([0, 0, 0]), 0, packed([0, 0, 0]), packed([255, 255, 255])]);
});

test("what is not a number has the colour of an error", () => {
  const pixels = mapPixels(lowerTriangle(), 1, { i: 0, j: 0, rows: T, columns: T }, { width: T, height: T });
  assert.equal(pixels[T * T - 1], packed([255, 0, 0]));
});

test("heads stand by layer; marked or sorted, they flow", () => {
  const model = lowerTriangle();
  const marks = { solo: [], hidden: [1], pinned: [] };
  assert.deepEqual(arranged({ model, marks }), { heads: [0, 1, 2, 3, 4, 5], flow: false });
  assert.deepEqual(arranged({ model, marks: { ...marks, pinned: [4] } }), { heads: [4, 0, 2, 3, 5, 1], flow: true });
  assert.deepEqual(arranged({ model, marks: { ...marks, solo: [1, 5] } }), { heads: [5, 1], flow: true });
  assert.equal(headName(model, 4), "L1 H1");
});

/** Two queries and three keys of another text: cell n of the one head is n / 10; query 0 does not see key 2. */
function twoTexts() {
  const header = {
    kind: "weights", L: 1, H: 1, T: 2, S: 3, tokens: ["le", "chat"], keyTokens: ["the", "cat", "s"],
    triangle: false, exact: "all", unit: 10000, selected: [0, 0], order: null, layers: ["L0"], heads: ["H0"],
    range: [0, 1], entropy: null, scale: [[0, "#000000"], [1, "#ffffff"]], colors: { invalid: "#ff0000" },
    buffers: { exact: { shape: [1, 6] } },
  };
  const visible = Uint8Array.of(0b111011);
  return toModel(header, { exact: Uint16Array.from({ length: 6 }, (_, n) => 1000 * n), visible });
}

test("a map of two texts has a row a query and a column a key", () => {
  const model = twoTexts();
  assert.equal(model.twoTexts, true);
  assert.deepEqual(model.keyTokens, ["the", "cat", "s"]);
  assert.equal(valueAt(model, 0, 1, 0), 0.3);
  assert.equal(valueAt(model, 0, 0, 2), "masked");
  assert.equal(strongest(model, 0, 0), 1);
  assert.equal(strongest(model, 0, 1), 2);
  assert.equal(lowerTriangle().twoTexts, false);
  assert.deepEqual(lowerTriangle().keyTokens, [..."abcde"]);
});

test("a window of a map of two texts is drawn with its own rows and columns", () => {
  const model = twoTexts();
  const grey = (share) => packed([share, share, share].map((part) => Math.round(255 * part)));
  const pixels = mapPixels(model, 0, { i: 0, j: 1, rows: 2, columns: 2 }, { width: 2, height: 2 });
  assert.equal(pixels[1], 0); // query 0 and key 2
  assert.deepEqual([pixels[0], pixels[2], pixels[3]].map((color) => color & 255), [0.1, 0.4, 0.5].map((share) => grey(share) & 255));
  const wide = mapPixels(model, 0, { i: 0, j: 0, rows: 2, columns: 3 }, { width: 6, height: 1 });
  assert.equal(wide.length, 6);
});
