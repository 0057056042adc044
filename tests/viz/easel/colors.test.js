// @ts-check
// Colours: hexadecimal, packed, and along a scale.

import assert from "node:assert/strict";
import { test } from "node:test";

import { colorsAt, inkOn, packed, rgb, rgba, unpacked } from "../../../viz/easel/colors.js";

test("a hexadecimal colour is its three channels", () => {
  assert.deepEqual(rgb("#0a7ca1"), [10, 124, 161]);
  assert.equal(rgba("#0a7ca1", 0.5), "rgba(10,124,161,0.5)");
});

test("a packed colour is little-endian RGBA and can be unpacked", () => {
  assert.deepEqual([...new Uint8Array(Uint32Array.of(packed([10, 124, 161])).buffer)], [10, 124, 161, 255]);
  assert.deepEqual(unpacked(packed([10, 124, 161])), [10, 124, 161]);
});

test("between two stops a scale is linear", () => {
  /** @type {[number, string][]} */
  const scale = [[0, "#000000"], [0.25, "#640000"], [1, "#6400c8"]];
  assert.deepEqual([...colorsAt(scale, 8)].map(unpacked).slice(0, 4), [[0, 0, 0], [50, 0, 0], [100, 0, 0], [100, 0, 33]]);
  assert.deepEqual(unpacked(colorsAt(scale, 8)[8]), [100, 0, 200]);
});

test("ink is black on light colours and white on dark ones", () => {
  assert.equal(inkOn(rgb("#faf372")), "#000000");
  assert.equal(inkOn(rgb("#1a224b")), "#ffffff");
});
