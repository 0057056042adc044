// @ts-check
// The plane: where a point stands, which one is near the mouse, and where an arrow key leads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nearest, onCanvas, towards } from "../../../viz/views/plane/plane.js";

const PLACES = { left: [-1, 0], middle: [0, 0], right: [1, 0.2], above: [0.1, 1] };
const dots = { name: "words" };
const points = Object.entries(PLACES).map(([id, place]) => ({ id, place, dots }));
const plane = (/** @type {string} */ at) => ({
  width: 270, height: 252, window: [[-1, 1], [-1, 1]], off: new Set(), points, // 200 × 200 px inside its margins
  data: { chosen: null }, at: points.find(({ id }) => id === at),
});

test("the window's corners are the corners of the plane", () => {
  assert.deepEqual(onCanvas(plane("left"), [-1, 1]), [58, 8]);
  assert.deepEqual(onCanvas(plane("left"), [1, -1]), [258, 208]);
});

test("the nearest point is under the mouse, unless it is far or its group is off", () => {
  assert.equal(nearest(plane("left"), [160, 112])?.id, "middle");
  assert.equal(nearest(plane("left"), [190, 150]), null);
  assert.equal(nearest({ ...plane("left"), off: new Set(["words"]) }, [160, 112]), null);
});

test("an arrow key goes to the next point in its direction, or stays", () => {
  assert.equal(towards(plane("left"), [0, 1]).id, "middle");
  assert.equal(towards(plane("middle"), [0, 1]).id, "right");
  assert.equal(towards(plane("middle"), [-1, 0]).id, "above");
  assert.equal(towards(plane("right"), [0, 1]).id, "right");
});
