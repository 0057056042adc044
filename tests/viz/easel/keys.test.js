// @ts-check
// Arrow keys, and the cell under the mouse.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrowStep, cellUnder, isEnter, within } from "../../../viz/easel/keys.js";

test("an arrow key is a step down and right", () => {
  assert.deepEqual(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].map((key) => arrowStep({ key })), [[-1, 0], [1, 0], [0, -1], [0, 1]]);
  assert.equal(arrowStep({ key: "a" }), null);
  assert.ok(isEnter({ key: " " }) && isEnter({ key: "Enter" }) && !isEnter({ key: "e" }));
});

test("the mouse is over the cell that holds it, at the edge over the last one", () => {
  const box = /** @type {Element} */ (/** @type {unknown} */ ({ getBoundingClientRect: () => ({ left: 100, top: 50, width: 70, height: 30 }) }));
  assert.deepEqual(cellUnder(box, { clientX: 100, clientY: 50 }, 3, 7), [0, 0]);
  assert.deepEqual(cellUnder(box, { clientX: 125, clientY: 71 }, 3, 7), [2, 2]);
  assert.deepEqual(cellUnder(box, { clientX: 170, clientY: 80 }, 3, 7), [2, 6]);
});

test("a place stays within its count", () => {
  assert.deepEqual([-1, 0, 4, 5].map((at) => within(at, 5)), [0, 0, 4, 4]);
});
