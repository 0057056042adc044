// @ts-check
// Bytes from Python: a magic word, a JSON header, then arrays. viz/easel/framing.py describes them.

/** @type {Record<string, any>} */
const TYPES = { "<u2": Uint16Array, "<i2": Int16Array, "<f4": Float32Array, "|u1": Uint8Array };

/**
 * What Python wishes, where it stands before the payload, and the payload: its header and its arrays.
 * @param {Uint8Array} bytes
 * @param {string} wishMagic the magic word of a wish
 * @returns {{wish: any, header: any, arrays: Record<string, any>}}
 */
export function readPayload(bytes, wishMagic) {
  if (bytes.byteOffset % 16) bytes = bytes.slice(); // typed arrays need aligned offsets
  const [wish, start] = magicAt(bytes, 0) === wishMagic ? unframe(bytes, 0) : [null, 0];
  const [header, first] = unframe(bytes, start);
  return { wish, header, arrays: arraysOf(header, bytes, first) };
}

/** @param {Uint8Array} bytes @param {number} start */
function magicAt(bytes, start) {
  return String.fromCharCode(...bytes.subarray(start, start + 4));
}

/**
 * The header that begins at `start`, and where the next thing begins.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @returns {[any, number]}
 */
function unframe(bytes, start) {
  const [version, length] = new Uint32Array(bytes.buffer, bytes.byteOffset + start + 4, 2);
  if (version !== 1) throw new Error(`payload version ${version}, expected 1`);
  const text = new TextDecoder().decode(bytes.subarray(start + 16, start + 16 + length));
  return [JSON.parse(text), start + Math.ceil((16 + length) / 16) * 16];
}

/**
 * The arrays of a header by name, laid over the bytes without a copy.
 * @param {{buffers: Record<string, {dtype: string, shape: number[], offset: number}>}} header
 * @param {Uint8Array} bytes
 * @param {number} first where the arrays begin
 */
function arraysOf(header, bytes, first) {
  return Object.fromEntries(Object.entries(header.buffers).map(([name, { dtype, shape, offset }]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return [name, new TYPES[dtype](bytes.buffer, bytes.byteOffset + first + offset, count)];
  }));
}

/**
 * One byte a cell, 1 = query i may see key j, row by row.
 * @param {Uint8Array | undefined} bits eight cells a byte, the first in the lowest bit; none: all are visible
 * @param {number} cells
 */
export function unpackMask(bits, cells) {
  const mask = new Uint8Array(cells).fill(1);
  if (bits) for (let n = 0; n < cells; n++) mask[n] = (bits[n >> 3] >> (n & 7)) & 1;
  return mask;
}
