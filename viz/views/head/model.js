// The matrices of one head: bytes to numbers, numbers to texts and colours, and what made which.
//
// Joined after ../attention_view/model.js (colours, hatching, canvases) and before matrix.js.

// ---------------------------------------------------------------- decode: bytes to a model

function decodeHead(bytes) {
  if (bytes.byteOffset % 16) bytes = bytes.slice(); // typed arrays need aligned offsets
  const [asked, start] = unframe(bytes, 0);
  const [header, first] = unframe(bytes, start);
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.buffers)) {
    const Type = { "<f4": Float32Array, "|u1": Uint8Array }[dtype];
    arrays[name] = new Type(bytes.buffer, bytes.byteOffset + first + offset, shape[0] * (shape[1] ?? 1));
  }
  const seen = unpackMask(arrays.visible, header.sizes.T);
  const palettes = { weights: paletteOf(header.scales.weights), signed: paletteOf(header.scales.signed) };
  const matrices = header.matrices.map((told) => ({
    ...told, rows: header.sizes[told.dims[0]], columns: header.sizes[told.dims[1]],
    values: arrays[told.buffer], seen: told.masks ? seen : null,
    palette: palettes[told.kind], invalid: packed(rgb(header.colors.invalid)),
  }));
  return { asked, model: { ...header, matrices, byName: new Map(matrices.map((m) => [m.name, m])) } };
}

const PALETTE = 2049;

function paletteOf(scale) {
  return colorsAt(scale, PALETTE - 1);
}

// ---------------------------------------------------------------- numbers

/** The number of a cell, or "masked". */
function numberAt(matrix, row, column) {
  const place = row * matrix.columns + column;
  return matrix.seen && !matrix.seen[place] ? "masked" : matrix.values[place];
}

/** As it is read out: four decimals, six where it is small. */
function longText(number) {
  if (typeof number === "string") return number;
  if (!Number.isFinite(number) || Math.abs(number) >= 0.01 || number === 0) return fourDecimals(number);
  return number.toFixed(6);
}

/** As it is printed into a cell: six characters at most. */
function shortText(number) {
  if (typeof number === "string") return number;
  if (!Number.isFinite(number)) return fourDecimals(number);
  const size = Math.abs(number);
  if (size >= 99999.5) return number.toExponential(0);
  const decimals = size < 9.9995 ? 3 : size < 99.995 ? 2 : size < 999.95 ? 1 : 0;
  const text = number.toFixed(decimals);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

const typeset = (text) => text.replace(/-(?=\d|i)/g, "−");

/** The colour of a number, packed; 0 (see-through) where it is masked. */
function paintOf(matrix, number) {
  if (typeof number === "string") return 0;
  if (!Number.isFinite(number)) return matrix.invalid;
  const u = matrix.kind === "weights" ? number : (number / matrix.limit + 1) / 2;
  return matrix.palette[Math.round(Math.min(1, Math.max(0, u)) * (PALETTE - 1))];
}

/** Black or white, whichever reads better on a packed colour. */
function inkOn(color) {
  const [r, g, b] = [color & 255, (color >> 8) & 255, (color >> 16) & 255];
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#101418" : "#ffffff";
}

// ---------------------------------------------------------------- what made which

/** The rectangles [row, rows, column, columns] of other matrices that made a number, by name. */
function sourcesOf(model, matrix, row, column) {
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
function placeName(model, role, at) {
  if (role === "bias") return "bias";
  return role === "channel" || role === "dimension" ? `${role} ${at}` : `${role} ${at} ‘${model.tokens[at]}’`;
}
