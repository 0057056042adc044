// @ts-check
// Bytes from Python; tests/viz/easel/test_framing.py reads some that Python wrote.

import assert from "node:assert/strict";
import { test } from "node:test";

import { readPayload, unpackMask } from "../../../viz/easel/framing.js";

/**
 * @param {string} magic
 * @param {unknown} header
 * @param {number} version
 */
function framed(magic, header, version = 1) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(Math.ceil((16 + text.length) / 16) * 16);
  bytes.set(new TextEncoder().encode(magic));
  new Uint32Array(bytes.buffer).set([version, text.length, 0], 1);
  bytes.set(text, 16);
  return bytes;
}

const ROWS = { dtype: "<f4", shape: [2, 2], offset: 0 };
const BITS = { dtype: "|u1", shape: [1], offset: 16 };
const NUMBERS = new Uint8Array(Float32Array.of(1, 2, 3, 4.5).buffer);
const PAYLOAD = [...framed("TEST", { buffers: { rows: ROWS, bits: BITS } }), ...NUMBERS, 0b101, ...Array(15).fill(0)];

test("a payload is its header and its arrays", () => {
  const { wish, header, arrays } = readPayload(Uint8Array.from(PAYLOAD), "WISH");
  assert.equal(wish, null);
  assert.deepEqual(header.buffers.rows.shape, [2, 2]);
  assert.deepEqual([...arrays.rows], [1, 2, 3, 4.5]);
  assert.deepEqual([...arrays.bits], [5]);
});

test("a wish stands before it, wherever the bytes begin", () => {
  const whole = Uint8Array.from([7, ...framed("WISH", { cell: [1, 2] }), ...PAYLOAD]);
  const { wish, arrays } = readPayload(whole.subarray(1), "WISH");
  assert.deepEqual(wish, { cell: [1, 2] });
  assert.deepEqual([...arrays.rows], [1, 2, 3, 4.5]);
});

test("another version is refused", () => {
  assert.throws(() => readPayload(framed("TEST", { buffers: {} }, 2), "WISH"), /version 2, expected 1/);
});

test("a mask is bits, the first in the lowest; none means that all is visible", () => {
  assert.deepEqual([...unpackMask(Uint8Array.of(0b1101), 4)], [1, 0, 1, 1]);
  assert.deepEqual([...unpackMask(undefined, 3)], [1, 1, 1]);
});
