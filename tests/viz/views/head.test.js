// @ts-check
// The inside of a head: its numbers, their colours, and which numbers made which.

import assert from "node:assert/strict";
import { test } from "node:test";

import { packed } from "../../../viz/easel/colors.js";
import { numberAt, paintOf, placeName, sourcesOf } from "../../../viz/views/head/matrix_numbers.js";

const SIZES = { T: 3, D: 4 };
const MAP = { rows: 3, columns: 3, values: [1, 2, 3, 4, 5, 6, 7, 8, 9], seen: [1, 0, 0, 1, 1, 0, 1, 1, 1] };

test("a number is masked where the mask hides it", () => {
  assert.equal(numberAt(MAP, 1, 0), 4);
  assert.equal(numberAt(MAP, 0, 1), "masked");
  assert.equal(numberAt({ ...MAP, seen: null }, 0, 1), 2);
});

test("signed colours have 0 in the middle, weights begin with it", () => {
  const palette = Array.from({ length: 2049 }, (_, n) => n);
  const signed = { kind: "signed", limit: 2, palette, invalid: packed([255, 0, 0]) };
  assert.deepEqual([-2, 0, 1, 5].map((number) => paintOf(signed, number)), [0, 1024, 1536, 2048]);
  assert.equal(paintOf({ ...signed, kind: "weights" }, 0.5), 1024);
  assert.equal(paintOf(signed, Infinity), packed([255, 0, 0]));
  assert.equal(paintOf(signed, "masked"), 0);
});

test("a score was made of a query's row and a key's row", () => {
  const vectors = { rows: SIZES.T, columns: SIZES.D };
  const model = { sizes: SIZES, byName: new Map([["queries", vectors], ["keys", vectors]]) };
  const scores = { sources: [{ of: "queries", rows: "row", columns: "all" }, { of: "keys", rows: "column", columns: "all" }] };
  assert.deepEqual(sourcesOf(model, scores, 2, 1), [{ of: "queries", rect: [2, 1, 0, 4] }, { of: "keys", rect: [1, 1, 0, 4] }]);
});

test("a rotated query was made of a pair of columns half a head size apart", () => {
  const model = { sizes: SIZES, byName: new Map([["Wq", { rows: 7, columns: SIZES.D }]]) };
  const queries = { sources: [{ of: "Wq", rows: "all", columns: "pair" }] };
  assert.deepEqual(sourcesOf(model, queries, 0, 3), [{ of: "Wq", rect: [0, 7, 1, 1] }, { of: "Wq", rect: [0, 7, 3, 1] }]);
});

test("a row or a column is named by its role", () => {
  const model = { tokens: ["a", "b"] };
  assert.deepEqual(["query", "dimension", "bias"].map((role) => placeName(model, role, 1)), ["query 1 ‘b’", "dimension 1", "bias"]);
});
