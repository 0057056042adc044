// Colours, and maps to pixels.

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

/** The same at places 0, 1/last, 2/last … 1, packed; the stops' colours are read once. */
function colorsAt(scale, last) {
  const stops = scale.map(([place, hex]) => [place, ...rgb(hex)]);
  const found = new Uint32Array(last + 1);
  for (let n = 0, k = 1; n <= last; n++) {
    const u = n / last;
    while (k < stops.length - 1 && stops[k][0] < u) k++;
    const [from, to] = [stops[k - 1], stops[k]];
    const part = Math.min(1, Math.max(0, (u - from[0]) / (to[0] - from[0])));
    const mixed = (c) => Math.round(from[c] + (to[c] - from[c]) * part);
    found[n] = ((255 << 24) | (mixed(3) << 16) | (mixed(2) << 8) | mixed(1)) >>> 0;
  }
  return found;
}

const palettes = new Map(); // a payload's numbers change at each rerun, its colours hardly ever

/** Colours ready to copy: `exact` by number, `codes` by a thumbnail's byte. */
function makePalette(model) {
  const name = JSON.stringify([model.weights, model.signed, model.scale, model.colors.invalid]);
  if (!palettes.has(name)) palettes.set(name, newPalette(model));
  return palettes.get(name);
}

function newPalette(model) {
  const exact = colorsAt(model.scale, model.weights ? 10000 : 1020);
  const codes = Uint32Array.from({ length: 256 }, (_, n) => {
    const u = Math.min(n, 253) / 253;
    return packed(colorAt(model.scale, model.signed ? u : u * u));
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
  const [low, high] = model.range;
  const u = (raw / model.unit - low) / (high - low);
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
  const bin = Int32Array.from({ length: n }, (_, x) => Math.floor(((x + 1) * size - 1) / n));
  const best = new Float32Array(size); // of the row of pixels at hand: how far from 0 …
  const kept = new Float32Array(size); // … and which number that was
  best.fill(-1);
  for (let y = 0; y < n; y++) {
    const start = rowStart(model, top + y) + left;
    const seen = (top + y) * T + left;
    for (let x = 0; x < n; x++) {
      if (!mask[seen + x]) continue;
      const raw = numbers[start + x];
      const far = raw < 0 ? -raw : raw === raw ? raw : Infinity; // only nan is not itself
      const place = bin[x];
      if (far > best[place]) {
        best[place] = far;
        kept[place] = raw;
      }
    }
    if (y + 1 < n && bin[y + 1] === bin[y]) continue;
    const row = bin[y] * size;
    for (let x = 0; x < size; x++) if (best[x] >= 0) pixels[row + x] = colorOf(model, kept[x]);
    best.fill(-1);
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

/** A canvas of one map. `side` in device pixels. */
function drawMap(canvas, model, head, window, side, cells) {
  sizeTo(canvas, side, side);
  drawMapAt(canvas.getContext("2d"), [0, 0], model, head, window, side, cells);
}

/** Hatching everywhere, then the map over it, at a place in device pixels. */
function drawMapAt(context, [x, y], model, head, window, side, cells) {
  hatch(context, [x, y], side, model.colors.masked);
  const image = mapPixels(model, head, window, cells);
  sizeTo(scratch, cells, cells);
  scratch.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(scratch, x, y, side, side);
}

const hatchings = new Map(); // the same lines for each small map: drawn once a size and colour

function hatch(context, [x, y], side, color) {
  const name = `${side} ${color}`;
  if (!hatchings.has(name)) {
    if (hatchings.size > 7) hatchings.clear();
    hatchings.set(name, hatching(side, color));
  }
  context.clearRect(x, y, side, side);
  context.drawImage(hatchings.get(name), x, y);
}

function hatching(side, color) {
  const canvas = document.createElement("canvas");
  sizeTo(canvas, side, side);
  const context = canvas.getContext("2d");
  const step = Math.max(4, Math.round(side / 60)) * 1.5;
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
  return canvas;
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
