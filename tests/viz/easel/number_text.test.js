// @ts-check
// Numbers and tokens as they are printed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { clip, fourDecimals, longText, plain, roundTicks, shortText, typeset } from "../../../viz/easel/number_text.js";

test("four decimals round ties to even, as Python's format does", () => {
  // 0.03125 and 0.09375 are exact in binary, and end in half a ten-thousandth.
  assert.equal(fourDecimals(0.03125), "0.0312");
  assert.equal(fourDecimals(0.09375), "0.0938");
  assert.equal(fourDecimals(-1.5), "-1.5000");
});

test("four decimals keep what has none", () => {
  assert.deepEqual([NaN, Infinity, -Infinity, -0].map(fourDecimals), ["nan", "inf", "-inf", "-0.0000"]);
  assert.equal(fourDecimals(2 ** 60), (2 ** 60).toFixed(4));
});

test("a small number is read out with six decimals", () => {
  assert.equal(longText(0.001234), "0.001234");
  assert.equal(longText(0.01), "0.0100");
  assert.equal(longText("masked"), "masked");
});

test("a number in a cell has six characters at most", () => {
  assert.deepEqual([1.23456, -12.3456, 123.456, 9999.9, 123456].map(shortText), ["1.235", "-12.35", "123.5", "10000", "1e+5"]);
  assert.equal(shortText(-0.0001), "0.000");
});

test("minus signs are typographic before digits alone", () => {
  assert.equal(typeset("-1 -inf a-b"), "−1 −inf a-b");
  assert.equal(plain(-0.123456), "−0.123");
});

test("a token is cut by characters, not by halves of them", () => {
  assert.equal(clip("🙂🙂🙂", 3), "🙂🙂🙂");
  assert.equal(clip("🙂🙂🙂🙂", 3), "🙂🙂…");
});

test("ticks are round numbers between the ends", () => {
  assert.deepEqual(roundTicks([-1, 1]).map(([, text]) => text), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
  assert.deepEqual(roundTicks([0.3, 41]).map(([value]) => value), [10, 20, 30, 40]);
});
