// @ts-check
// The numbers of a whole model, by box and token.

import { readPayload } from "../../easel/framing.js";

/** The token that Python wishes for, and the model. @param {Uint8Array} bytes */
export function decodeWhole(bytes) {
  const { wish, header, arrays } = readPayload(bytes, "HLAW");
  return { wish, model: { ...header, arrays } };
}

/**
 * The number of a box for a token; null if the box has none.
 * @param {any} model
 * @param {{stack: number, kind: string, layer?: number, head?: number}} box
 * @param {number} token
 * @param {string} [what] of a head: "heads" (its length), "top" or "key"
 */
export function numberOf(model, { stack, kind, layer, head }, token, what = "heads") {
  const { tokens, heads } = model.stacks[stack], T = tokens.length;
  const name = head === undefined ? `${stack}.${kind}` : `${stack}.${kind}.${what}`;
  const array = model.arrays[name];
  if (!array) return null;
  const row = head === undefined ? layer ?? 0 : layer * heads + head;
  return array[row * T + token];
}

/**
 * The largest length of all boxes of a stack for a token: what fills a box's width.
 * @param {any} model
 * @param {number} stack
 * @param {number} token
 */
export function longest(model, stack, token) {
  const { layers, heads, before, branches } = model.stacks[stack];
  let most = 0;
  const look = (box) => (most = Math.max(most, numberOf(model, { stack, ...box }, token) ?? 0));
  for (const { kind } of before) look({ kind });
  for (const { kind } of branches) for (let layer = 0; layer < layers; layer++) {
    look({ kind, layer });
    if (kind !== "mlp") for (let head = 0; head < heads; head++) look({ kind, layer, head });
  }
  return most;
}

/**
 * By token of the keys' stack, the largest weight that any head gives it as its first choice.
 * @param {any} model
 * @param {number} stack
 * @param {number} token
 * @param {number} keysOf whose tokens
 * @returns {Map<number, number>}
 */
export function lookedAt(model, stack, token, keysOf) {
  const { layers, heads, branches } = model.stacks[stack], found = new Map();
  for (const { kind } of branches.filter((one) => one.head_door && one.keys_of === keysOf)) {
    for (let n = 0; n < layers * heads; n++) {
      const box = { stack, kind, layer: Math.floor(n / heads), head: n % heads };
      const key = numberOf(model, box, token, "key");
      if (key !== null) found.set(key, Math.max(found.get(key) ?? 0, numberOf(model, box, token, "top")));
    }
  }
  return found;
}

/**
 * The bars after a token: [name, probability]; null if they were not computed.
 * @param {any} model
 * @param {number} token
 * @returns {[string, number][] | null}
 */
export function barsAfter(model, token) {
  const { positions, probs } = model.arrays, { names } = model.bars;
  const row = positions ? positions.indexOf(token) : 0;
  if (row < 0) return null;
  const k = names[row].length;
  return names[row].map((name, n) => [name, probs[row * k + n]]);
}

/**
 * The parameters of a link: the door's own, and those of its box.
 * @param {{page: string, query: Record<string, string>, token: string, head_parameters: string[]}} door
 * @param {Record<string, any>} box
 * @param {number} token
 */
export function queryOf(door, box, token) {
  const query = { ...door.query };
  for (const name of door.head_parameters) query[name] = String(box[name]);
  if (door.token) query[door.token] = String(token);
  return query;
}
