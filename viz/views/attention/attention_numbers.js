// @ts-check
// The numbers of the attention view: bytes to a model, a model to numbers.
//
// A head is named by its place l * H + h; query i is a row of its T×S map, key j a column. The keys
// are the queries' tokens, or those of another text.
// attention_payload.py describes the bytes.

import { readPayload, unpackMask } from "../../easel/framing.js";
import { makePalette } from "./map_pixels.js";

// ---------------------------------------------------------------- decode: bytes to a model

export function decode(bytes) {
  const { wish, header, arrays } = readPayload(bytes, "HLSE");
  return { selection: wish, model: toModel(header, arrays) };
}

export function toModel(header, arrays) {
  const { L, H, T, S } = header;
  const model = {
    ...header, weights: header.kind === "weights", signed: header.kind === "signed", selected: headAt(header, header.selected),
    keyTokens: header.keyTokens ?? header.tokens, twoTexts: Boolean(header.keyTokens),
    mask: unpackMask(arrays.visible, T * S), exact: new Map(), thumbnails: arrays.thumbnails ?? null,
    thumbRows: header.buffers.thumbnails?.shape[2] ?? 0, thumbColumns: header.buffers.thumbnails?.shape[3] ?? 0,
  };
  if (header.frames) return { ...model, film: arrays.frames, palette: makePalette(model) };
  const cells = header.buffers.exact.shape[1];
  const sent = header.exact === "all" ? Array.from({ length: L * H }, (_, n) => n) : header.exact.map((pair) => headAt(header, pair));
  sent.forEach((head, n) => model.exact.set(head, arrays.exact.subarray(n * cells, (n + 1) * cells)));
  model.palette = makePalette(model);
  return model;
}

/** The place of the head [l, h], which is how Python names it. */
export const headAt = ({ H }, [l, h]) => l * H + h;

export const pairOf = ({ H }, head) => [Math.floor(head / H), head % H];

// ---------------------------------------------------------------- numbers

/** Where the row of query i begins in a head's array: lower triangle or all cells. */
export function rowStart(model, i) {
  return model.triangle ? (i * (i + 1)) / 2 : i * model.S;
}

/** The number of one cell, or "masked", or "loading" where this head's numbers are not here. */
export function valueAt(model, head, i, j) {
  if (!model.mask[i * model.S + j]) return "masked";
  const numbers = model.exact.get(head);
  if (!numbers) return "loading";
  const raw = numbers[rowStart(model, i) + j];
  return model.weights && raw === 65535 ? NaN : raw / model.unit;
}

/** How strongly a number is drawn, 0 to 1: as on the colour scale, weights by their square root; words not at all. */
export function strength(model, value) {
  if (!Number.isFinite(value)) return 0;
  const share = Math.abs(value) / model.range[1];
  return Math.min(1, model.signed ? share : Math.sqrt(share));
}

export function strongest(model, head, i) {
  let best = -1;
  let key = Math.min(i, model.S - 1);
  for (let j = 0; j < model.S; j++) {
    const value = valueAt(model, head, i, j);
    if (typeof value === "number" && Math.abs(value) > best) [best, key] = [Math.abs(value), j];
  }
  return key;
}

export function headName(model, head) {
  const [l, h] = pairOf(model, head);
  return `${model.layers[l]} ${model.heads[h]}`;
}

export function entropyOf(model, head) {
  const [l, h] = pairOf(model, head);
  return model.entropy?.[l]?.[h] ?? null;
}
