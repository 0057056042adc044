// The numbers of the attention view: bytes to a model, a model to numbers, colours and pixels.
//
// Joined before view.js into one module. A head is named by its place l * H + h; query i is a row
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
    const Type = { "<u2": Uint16Array, "<f4": Float32Array, "|u1": Uint8Array }[dtype];
    arrays[name] = new Type(buffer, first + offset, shape.reduce((a, b) => a * b, 1));
  }
  const model = {
    ...header, weights: header.kind === "weights", selected: header.selected[0] * H + header.selected[1],
    mask: unpackMask(arrays.visible, T), exact: new Map(), thumbnails: arrays.thumbnails ?? null,
    size: header.buffers.thumbnails?.shape[2] ?? 0,
  };
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
  if (!model.weights) return raw;
  return raw === 65535 ? NaN : raw / 10000;
}

/** How strongly a number is drawn, 0 to 1: as on the colour scale, weights by their square root. */
function strength(model, value) {
  if (!Number.isFinite(value)) return 0;
  return Math.min(1, model.weights ? Math.sqrt(value) : Math.abs(value) / model.range[1]);
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

// ---------------------------------------------------------------- colours

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const rgba = (hex, alpha) => `rgba(${rgb(hex).join(",")},${alpha})`;
const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0; // little-endian RGBA

/** The colour at place u, 0 to 1, of [[place, "#rrggbb"], …], linear in between as plotly does. */
function colorAt(scale, u) {
  let k = 1;
  while (k < scale.length - 1 && scale[k][0] < u) k++;
  const [[a, from], [b, to]] = [scale[k - 1], scale[k]];
  const part = Math.min(1, Math.max(0, (u - a) / (b - a)));
  const end = rgb(to);
  return rgb(from).map((c, n) => Math.round(c + (end[n] - c) * part));
}

/** Colours ready to copy: `exact` by number, `codes` by a thumbnail's byte. */
function makePalette(model) {
  const steps = model.weights ? 10001 : 1021;
  const exact = Uint32Array.from({ length: steps }, (_, n) => packed(colorAt(model.scale, n / (steps - 1))));
  const codes = Uint32Array.from({ length: 256 }, (_, n) => {
    const u = Math.min(n, 253) / 253;
    return packed(colorAt(model.scale, model.weights ? u * u : u));
  });
  const invalid = packed(rgb(model.colors.invalid));
  codes[254] = invalid;
  codes[255] = 0;
  return { exact, codes, invalid };
}

function colorOf(model, raw) {
  const { exact, invalid } = model.palette;
  if (model.weights) return raw === 65535 ? invalid : exact[Math.min(raw, 10000)];
  if (!Number.isFinite(raw)) return invalid;
  const u = (raw / model.range[1] + 1) / 2;
  return exact[Math.round(Math.min(1, Math.max(0, u)) * (exact.length - 1))];
}

// ---------------------------------------------------------------- maps to pixels

/** A window {i, j, n} of a map as size×size pixels; masked stays transparent, over the hatching. */
function mapPixels(model, head, window, size) {
  const numbers = model.exact.get(head);
  return numbers ? exactPixels(model, numbers, window, size) : thumbnailPixels(model, head, window, size);
}

/** Of each block the number furthest from 0: a diagonal one cell wide must survive shrinking. */
function exactPixels(model, numbers, { i: top, j: left, n }, size) {
  const { T, mask } = model;
  const image = new ImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer);
  const best = new Float32Array(size * size).fill(-1);
  const bin = Int32Array.from({ length: n }, (_, x) => Math.floor(((x + 1) * size - 1) / n));
  for (let y = 0; y < n; y++) {
    const row = bin[y] * size;
    const start = rowStart(model, top + y) + left;
    const seen = (top + y) * T + left;
    for (let x = 0; x < n; x++) {
      if (!mask[seen + x]) continue;
      const raw = numbers[start + x];
      const place = row + bin[x];
      const far = Number.isNaN(raw) ? Infinity : Math.abs(raw);
      if (far <= best[place]) continue;
      best[place] = far;
      pixels[place] = colorOf(model, raw);
    }
  }
  return image;
}

function thumbnailPixels(model, head, window, size) {
  const { size: s, T, palette } = model;
  const first = head * s * s;
  const image = new ImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer);
  const code = (from, x) => Math.min(s - 1, Math.floor(((from + ((x + 0.5) * window.n) / size) * s) / T));
  for (let y = 0; y < size; y++) {
    const row = first + code(window.i, y) * s;
    for (let x = 0; x < size; x++) pixels[y * size + x] = palette.codes[model.thumbnails[row + code(window.j, x)]];
  }
  return image;
}

const scratch = document.createElement("canvas");

/** Hatching everywhere, then the map over it. `side` in device pixels. */
function drawMap(canvas, model, head, window, side, cells) {
  sizeTo(canvas, side, side);
  const context = canvas.getContext("2d");
  hatch(context, side, model.colors.masked);
  const image = mapPixels(model, head, window, cells);
  scratch.width = scratch.height = cells;
  scratch.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, 0, 0, side, side);
}

function hatch(context, side, color) {
  const step = Math.max(4, Math.round(side / 60)) * 1.5;
  context.clearRect(0, 0, side, side);
  context.fillStyle = rgba(color, 0.18);
  context.fillRect(0, 0, side, side);
  context.strokeStyle = rgba(color, 0.38);
  context.lineWidth = 1;
  context.beginPath();
  for (let x = step; x < 2 * side; x += step) {
    context.moveTo(x, 0);
    context.lineTo(0, x);
  }
  context.stroke();
}

function sizeTo(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** A canvas of width×height css px, cleared, with its context scaled to them. */
function fitted(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  sizeTo(canvas, Math.round(width * ratio), Math.round(height * ratio));
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
