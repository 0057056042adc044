// @ts-check
// What is put into a saved PNG.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stamped } from "../../../viz/views/save_picture/save_picture.js";

test("a chunk stands before the first data", async () => {
  const png = Uint8Array.from({ length: 40 }, (_, n) => n);
  const whole = new Uint8Array(await stamped(png, Uint8Array.of(250, 251)).arrayBuffer());
  assert.deepEqual([...whole], [...png.subarray(0, 33), 250, 251, ...png.subarray(33)]);
});
