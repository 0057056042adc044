// The numbers of the attention view: bytes to a model, a model to numbers.
//
// All files of this folder are joined into one module. A head is named by its place l * H + h; query i is a row
// of its T×T map, key j a column. payload.py describes the bytes.

// ---------------------------------------------------------------- decode: bytes to a model

function decode(bytes) {
  if (bytes.byteOffset % 16) bytes = bytes.slice(); // typed arrays need aligned offsets
  let start = 0;
  let selection = null;
  if (magic(bytes, 0) === "HLSE") [selection, start] = unframe(bytes, 0);
  const [header, first] = unframe(bytes, start);
  return { selection, model: toModel(header, bytes.buffer, bytes.byteOffset + first) };
}

function magic(bytes, start) {
  return String.fromCharCode(...bytes.subarray(start, start + 4));
}

function unframe(bytes, start) {
  const [version, length] = new Uint32Array(bytes.buffer, bytes.byteOffset + start + 4, 2);
  if (version !== 1) throw new Error(`attention view: payload version ${version}, expected 1`);
  const text = new TextDecoder().decode(bytes.subarray(start + 16, start + 16 + length));
  return [JSON.parse(text), start + Math.ceil((16 + length) / 16) * 16];
}

function toModel(header, buffer, first) {
  const { L, H, T } = header;
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.buffers)) {
    const Type = { "<u2": Uint16Array, "<i2": Int16Array, "<f4": Float32Array, "|u1": Uint8Array }[dtype];
    arrays[name] = new Type(buffer, first + offset, shape.reduce((a, b) => a * b, 1));
  }
  const model = {
    ...header, weights: header.kind === "weights", signed: header.kind === "signed", selected: header.selected[0] * H + header.selected[1],
    mask: unpackMask(arrays.visible, T), exact: new Map(), thumbnails: arrays.thumbnails ?? null,
    size: header.buffers.thumbnails?.shape[2] ?? 0,
  };
  if (header.frames) return { ...model, film: arrays.frames, palette: makePalette(model) };
  const cells = header.buffers.exact.shape[1];
  const sent = header.exact === "all" ? Array.from({ length: L * H }, (_, n) => n) : header.exact.map(([l, h]) => l * H + h);
  sent.forEach((head, n) => model.exact.set(head, arrays.exact.subarray(n * cells, (n + 1) * cells)));
  model.palette = makePalette(model);
  return model;
}

/** One byte a cell, 1 = query i may see key j; T×T, row by row. */
function unpackMask(bits, T) {
  const mask = new Uint8Array(T * T).fill(1);
  if (bits) for (let n = 0; n < mask.length; n++) mask[n] = (bits[n >> 3] >> (n & 7)) & 1;
  return mask;
}

// ---------------------------------------------------------------- numbers

/** Where the row of query i begins in a head's array: lower triangle or full square. */
function rowStart(model, i) {
  return model.triangle ? (i * (i + 1)) / 2 : i * model.T;
}

/** The number of one cell, or "masked", or "loading" where this head's numbers are not here. */
function valueAt(model, head, i, j) {
  if (!model.mask[i * model.T + j]) return "masked";
  const numbers = model.exact.get(head);
  if (!numbers) return "loading";
  const raw = numbers[rowStart(model, i) + j];
  return model.weights && raw === 65535 ? NaN : raw / model.unit;
}

/** How strongly a number is drawn, 0 to 1: as on the colour scale, weights by their square root. */
function strength(model, value) {
  if (!Number.isFinite(value)) return 0;
  const share = Math.abs(value) / model.range[1];
  return Math.min(1, model.signed ? share : Math.sqrt(share));
}

function strongest(model, head, i) {
  let best = -1;
  let key = i;
  for (let j = 0; j < model.T; j++) {
    const value = valueAt(model, head, i, j);
    if (typeof value === "number" && Math.abs(value) > best) [best, key] = [Math.abs(value), j];
  }
  return key;
}

/** As printf's "%.4f": ties to even, where toFixed would round them up. */
function fourDecimals(value) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const scaled = Math.abs(value) * 10000; // exact: a float32 times 10000 fits a double
  if (scaled > 2 ** 52) return value.toFixed(4);
  let whole = Math.floor(scaled);
  const rest = scaled - whole;
  if (rest > 0.5 || (rest === 0.5 && whole % 2)) whole += 1;
  return `${sign}${Math.floor(whole / 10000)}.${String(whole % 10000).padStart(4, "0")}`;
}

const plain = (value) => String(Number(value.toPrecision(3))).replace("-", "−");

function headName(model, head) {
  return `${model.layers[Math.floor(head / model.H)]} ${model.heads[head % model.H]}`;
}

function entropyOf(model, head) {
  return model.entropy?.[Math.floor(head / model.H)]?.[head % model.H] ?? null;
}
