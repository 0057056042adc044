// The numbers of a whole model, by box and token.
import assert from "node:assert/strict";
import { test } from "node:test";

import { barsAfter, longest, lookedAt, numberOf, queryOf } from "../../../viz/views/whole/whole_numbers.js";

// One layer of two heads, and three tokens; head 0 looks at token 0, head 1 at token 1 or itself.
const MODEL = {
  stacks: [{
    tokens: ["a", "b", "c"], layers: 1, heads: 2, before: [{ kind: "token" }],
    branches: [{ kind: "attention", head_door: {}, keys_of: 0 }, { kind: "mlp", head_door: null, keys_of: 0 }],
  }],
  bars: { names: [["x", "y"], ["z", "x"]] },
  arrays: {
    "0.token": [1, 2, 3], "0.attention": [4, 5, 6], "0.mlp": [7, 1, 2],
    "0.attention.heads": [0.1, 0.2, 0.3, 0.4, 9, 0.6],
    "0.attention.top": [1, 0.75, 0.5, 1, 0.5, 0.25], "0.attention.key": [0, 0, 0, 0, 1, 0],
    positions: Uint16Array.of(0, 2), probs: [0.75, 0.25, 0.5, 0.125],
  },
};

test("a box has the number of the token", () => {
  assert.equal(numberOf(MODEL, { stack: 0, kind: "token" }, 2), 3);
  assert.equal(numberOf(MODEL, { stack: 0, kind: "attention", layer: 0 }, 1), 5);
  assert.equal(numberOf(MODEL, { stack: 0, kind: "attention", layer: 0, head: 1 }, 0), 0.4);
  assert.equal(numberOf(MODEL, { stack: 0, kind: "attention", layer: 0, head: 1 }, 2, "top"), 0.25);
  assert.equal(numberOf(MODEL, { stack: 0, kind: "output" }, 2), null);
});

test("the longest is one of all boxes, heads too", () => {
  assert.deepEqual([0, 1, 2].map((token) => longest(MODEL, 0, token)), [7, 9, 6]);
});

test("a token that several heads look at has the largest of their weights", () => {
  assert.deepEqual([...lookedAt(MODEL, 0, 1, 0)], [[0, 0.75], [1, 0.5]]);
  assert.deepEqual([...lookedAt(MODEL, 0, 2, 0)], [[0, 0.5]]);
  assert.equal(lookedAt(MODEL, 0, 2, 1).size, 0);
});

test("bars belong to their token, or to the whole text", () => {
  assert.deepEqual(barsAfter(MODEL, 2), [["z", 0.5], ["x", 0.125]]);
  assert.equal(barsAfter(MODEL, 1), null);
  const { positions: _, ...arrays } = MODEL.arrays;
  assert.deepEqual(barsAfter({ ...MODEL, arrays }, 1), [["x", 0.75], ["y", 0.25]]);
});

test("a link says its layer, its head and the token", () => {
  const door = { page: "head", query: { run: "a" }, token: "query", head_parameters: ["layer", "head"] };
  assert.deepEqual(queryOf(door, { layer: 0, head: 1 }, 2), { run: "a", layer: "0", head: "1", query: "2" });
  assert.deepEqual(queryOf({ ...door, token: "", head_parameters: [] }, { layer: 0 }, 2), { run: "a" });
});
