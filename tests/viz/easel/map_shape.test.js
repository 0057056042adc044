// @ts-check
// The shape of a map on the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mapSize } from "../../../viz/easel/map_shape.js";

test("cells are square", () => {
  assert.deepEqual(mapSize(7, 7, 350), { width: 350, height: 350 });
  assert.deepEqual(mapSize(5, 10, 300), { width: 300, height: 150 });
  assert.deepEqual(mapSize(10, 5, 300), { width: 150, height: 300 });
});

test("a map of few queries or keys is still as wide or high as a third of the other side", () => {
  assert.deepEqual(mapSize(1, 100, 200), { width: 200, height: 70 });
  assert.deepEqual(mapSize(100, 2, 200), { width: 70, height: 200 });
});
