// @ts-check
// The matrices of one head: bytes to numbers, numbers to colours, and what made which.

import { colorsAt, packed, rgb } from "../../easel/colors.js";
import { readPayload, unpackMask } from "../../easel/framing.js";

const PALETTE = 2049;

export function decodeHead(bytes) {
  const { wish, header, arrays } = readPayload(bytes, "HLAS");
  const seen = unpackMask(arrays.visible, header.sizes.T * header.sizes.S);
  const palettes = { weights: colorsAt(header.scales.weights, PALETTE - 1), signed: colorsAt(header.scales.signed, PALETTE - 1) };
  const matrices = header.matrices.map((matrix) => ({
    ...matrix, rows: header.sizes[matrix.dims[0]], columns: header.sizes[matrix.dims[1]],
    values: arrays[matrix.buffer], seen: matrix.masks ? seen : null,
    palette: palettes[matrix.kind], invalid: packed(rgb(header.colors.invalid)),
  }));
  return { wish, model: { ...header, keyTokens: header.keyTokens ?? header.tokens, matrices, byName: new Map(matrices.map((m) => [m.name, m])) } };
}

/** The number of a cell, or "masked". */
export function numberAt(matrix, row, column) {
  const place = row * matrix.columns + column;
  return matrix.seen && !matrix.seen[place] ? "masked" : matrix.values[place];
}

/** The colour of a number, packed; 0 (see-through) where it is masked. */
export function paintOf(matrix, number) {
  if (typeof number === "string") return 0;
  if (!Number.isFinite(number)) return matrix.invalid;
  const u = matrix.kind === "weights" ? number : (number / matrix.limit + 1) / 2;
  return matrix.palette[Math.round(Math.min(1, Math.max(0, u)) * (PALETTE - 1))];
}

// ---------------------------------------------------------------- what made which

/** The rectangles [row, rows, column, columns] of other matrices that made a number, by name. */
export function sourcesOf(model, matrix, row, column) {
  return matrix.sources.flatMap(({ of, rows, columns }) => {
    const source = model.byName.get(of);
    const down = spans(rows, row, column, source.rows, model.sizes.D);
    const across = spans(columns, row, column, source.columns, model.sizes.D);
    return down.flatMap(([r, h]) => across.map(([c, w]) => ({ of, rect: [r, h, c, w] })));
  });
}

function spans(axis, row, column, count, D) {
  if (axis === "all") return [[0, count]];
  if (axis === "row") return [[row, 1]];
  if (axis === "column") return [[column, 1]];
  const other = (column + D / 2) % D; // a rotation turns channels d and d + D/2 together
  return [[Math.min(column, other), 1], [Math.max(column, other), 1]];
}

/** "query 5 ‘c’", "channel 17", … */
export function placeName(model, role, at) {
  if (role === "bias") return "bias";
  return role === "channel" || role === "dimension" ? `${role} ${at}` : `${role} ${at} ‘${tokenOf(model, role, at)}’`;
}

/** The token of a row or column: a key's may be of another text. */
export function tokenOf(model, role, at) {
  return (role === "key" ? model.keyTokens : model.tokens)[at];
}
