// @ts-check
// The mask editor's cells: as bits, along a stroke, and the queries that see nothing.

import assert from "node:assert/strict";
import { test } from "node:test";

import { blindRows, line, pack, unpack } from "../../../viz/views/mask/mask.js";

test("a mask is base64 of its bits, the first in the highest, as Python packs it", () => {
  const triangle = Uint8Array.of(1, 0, 0, 1, 1, 0, 1, 1, 1); // 100 110 11|1 and seven zeros
  assert.equal(pack(triangle), btoa("\x9b\x80"));
  assert.deepEqual(unpack(pack(triangle), 9), triangle);
});

test("a fast stroke has no holes", () => {
  const view = { T: 5, S: 5, mask: new Uint8Array(25) };
  line(view, { i: 0, j: 0 }, { i: 2, j: 4 }, 1);
  assert.deepEqual([...view.mask.entries()].filter(([, bit]) => bit).map(([cell]) => cell), [0, 6, 7, 13, 14]);
});

test("a query without a key is blind", () => {
  assert.deepEqual(blindRows({ T: 3, S: 3, mask: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 1) }), [1]);
});

test("a mask of two texts has a row a query and a column a key", () => {
  const view = { T: 2, S: 3, mask: new Uint8Array(6) };
  assert.deepEqual(blindRows(view), [0, 1]);
  line(view, { i: 1, j: 0 }, { i: 1, j: 2 }, 1);
  assert.deepEqual([...view.mask], [0, 0, 0, 1, 1, 1]);
  assert.deepEqual(blindRows(view), [0]);
});
