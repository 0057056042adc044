// @ts-check
// What is put into a saved PNG.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 as peer } from "node:zlib";

import { crc32, stamped } from "../../../viz/views/save_picture/save_picture.js";

test("the checksum is the standard's", () => {
  const digits = new TextEncoder().encode("123456789");
  assert.equal(crc32(digits), 0xcbf43926); // the check value of CRC-32
  assert.equal(crc32(digits), peer(digits));
});

test("the settings stand in a chunk of their own before the first data", () => {
  const png = Uint8Array.from({ length: 40 }, (_, n) => n);
  const whole = stamped(png, '{"run": "é"}');
  assert.deepEqual(whole.subarray(0, 33), png.subarray(0, 33));
  const length = new DataView(whole.buffer).getUint32(33);
  assert.equal(new TextDecoder().decode(whole.subarray(37, 50)), "iTXtheadlight");
  assert.equal(new TextDecoder().decode(whole.subarray(55, 41 + length)), '{"run": "é"}');
  assert.equal(new DataView(whole.buffer).getUint32(41 + length), peer(whole.subarray(37, 41 + length)));
  assert.deepEqual(whole.subarray(45 + length), png.subarray(33));
});
