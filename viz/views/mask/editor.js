// The mask editor, drawn on plain canvas. A stroke is drawn at once; Python hears of it at its end.

const STATES = new WeakMap(); // parentElement -> view; this module runs again at each change
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const EDGE = 8; // px by which the first and last axis labels stand over the grid's edge
const LARGEST = 560; // px, the side of the grid
const STROKES = 100; // that can be taken back
const REST = 250; // ms without a key until the mask is reported

export default function ({ data, parentElement, setStateValue }) {
  let view = STATES.get(parentElement);
  if (!view) STATES.set(parentElement, (view = createView(parentElement)));
  view.report = setStateValue;
  update(view, data);
  view.observer.observe(view.root);
  return () => {
    view.observer.disconnect();
    clearTimeout(view.timer);
    if (view.unsaid) say(view); // what was drawn last is not lost with the page's next change
  };
}

function createView(parent) {
  const find = (selector) => parent.querySelector(selector);
  const view = {
    root: find(".editor"), readout: find(".readout"), frame: find(".frame"), axes: find(".axes"),
    map: find(".map"), cells: find(".cells"), over: find(".over"),
    tokens: [], T: 0, mask: null, epoch: null, cursor: { i: 0, j: 0 }, stroke: null, undo: [],
    blind: [], timer: 0, unsaid: false, look: null, width: 0, side: 0, margin: 0,
  };
  view.observer = new ResizeObserver(() => {
    if (view.mask && view.root.clientWidth !== view.width) layout(view);
  });
  bindEvents(view);
  return view;
}

function update(view, data) {
  const T = data.tokens.length;
  if (data.epoch !== view.epoch || T !== view.T) {
    Object.assign(view, { epoch: data.epoch, T, mask: unpack(data.bits, T), undo: [], unsaid: false });
    view.cursor = { i: Math.min(view.cursor.i, T - 1), j: Math.min(view.cursor.j, T - 1) };
  }
  view.tokens = data.tokens;
  view.colors = data.colors;
  for (const [name, color] of Object.entries(data.colors)) view.root.style.setProperty(`--${name}`, color);
  const style = getComputedStyle(view.root);
  view.look = { text: style.color, mono: style.getPropertyValue("--mono") || "monospace" };
  layout(view);
}

// ---------------------------------------------------------------- the mask as bits

function unpack(text, T) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return Uint8Array.from({ length: T * T }, (_, n) => (bytes[n >> 3] >> (7 - (n & 7))) & 1);
}

function pack(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((bit, n) => (bytes[n >> 3] |= bit << (7 - (n & 7))));
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function blindRows({ mask, T }) {
  const found = [];
  for (let i = 0; i < T; i++) if (!mask.subarray(i * T, (i + 1) * T).includes(1)) found.push(i);
  return found;
}

// ---------------------------------------------------------------- drawing

function layout(view) {
  const { root, map, frame, axes, T } = view;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  const context = axes.getContext("2d");
  context.font = `11px ${view.look.mono}`;
  const widest = Math.max(...view.tokens.map((token) => context.measureText(clip(token)).width));
  view.margin = Math.ceil(Math.min(86, Math.max(30, widest + 12)));
  view.side = Math.floor(Math.min(LARGEST, view.width - view.margin - EDGE, Math.max(120, T * 28)));
  frame.style.height = `${view.side + view.margin}px`;
  map.style.left = `${view.margin}px`;
  map.style.width = map.style.height = `${view.side}px`;
  paint(view);
}

const clip = (token, most = 11) => ([...token].length > most ? [...token].slice(0, most - 1).join("") + "…" : token);

function fitted(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/** Every cell, then what follows the cursor; the root says what is shown. */
function paint(view) {
  const { root, T, side, mask } = view;
  view.blind = blindRows(view);
  drawCells(view);
  point(view);
  Object.assign(root.dataset, {
    tokens: T, epoch: view.epoch, blind: view.blind.join(","), side,
    seen: mask.reduce((sum, bit) => sum + bit, 0), bits: pack(mask),
  });
}

/** What follows the cursor while the mask stays as it is. */
function point(view) {
  drawAxes(view);
  drawCursor(view);
}

function drawCells(view) {
  const { T, side, mask, colors, blind } = view;
  const context = fitted(view.cells, side, side);
  const cell = side / T;
  const gap = cell >= 9 ? 1 : 0; // narrower ones would flicker with their lines
  context.fillStyle = hatch(context, colors.masked);
  context.fillRect(0, 0, side, side);
  context.fillStyle = colors.seen;
  for (let i = 0; i < T; i++) {
    for (let j = 0; j < T; j++) {
      if (!mask[i * T + j]) continue;
      const [x, y] = [Math.round(j * cell), Math.round(i * cell)];
      context.fillRect(x, y, Math.round((j + 1) * cell) - x - gap, Math.round((i + 1) * cell) - y - gap);
    }
  }
  context.fillStyle = colors.invalid;
  for (const i of blind) context.fillRect(0, i * cell, side, Math.max(2, cell - gap));
}

function hatch(context, color) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const ink = tile.getContext("2d");
  Object.assign(ink, { fillStyle: color, strokeStyle: color, globalAlpha: 0.14 });
  ink.fillRect(0, 0, 6, 6);
  ink.globalAlpha = 0.4;
  ink.beginPath();
  for (const from of [-3, 3, 9]) {
    ink.moveTo(from - 4, 7);
    ink.lineTo(from + 4, -1);
  }
  ink.stroke();
  return context.createPattern(tile, "repeat");
}

function drawAxes(view) {
  const { axes, side, margin, T, tokens, look, cursor, colors, blind } = view;
  const context = fitted(axes, side + margin + EDGE, side + margin + EDGE);
  const cell = side / T;
  const every = Math.max(1, Math.ceil(13 / cell));
  const upright = cell * every >= margin - 4;
  Object.assign(context, { textBaseline: "middle", direction: "ltr" });
  context.translate(0, EDGE);
  const label = (t, below, color, weight) => {
    context.save();
    context.font = `${weight} 11px ${look.mono}`;
    context.fillStyle = color;
    const place = (t + 0.5) * cell;
    if (below) context.translate(margin + place, side + (upright ? 12 : 6));
    else context.translate(margin - 6, place);
    if (below && !upright) context.rotate(-Math.PI / 2);
    context.textAlign = below && upright ? "center" : "right";
    context.fillText(clip(tokens[t]), 0, 0.5);
    context.restore();
  };
  for (const [below, at, color] of [[false, cursor.i, colors.queries], [true, cursor.j, colors.keys]]) {
    context.globalAlpha = 0.62;
    for (let t = 0; t < T; t += every) {
      if (Math.abs(t - at) * cell >= 12) label(t, below, look.text, "");
    }
    context.globalAlpha = 1;
    if (!below) blind.forEach((t) => Math.abs(t - at) * cell >= 12 && label(t, false, colors.invalid, "bold"));
    label(at, below, color, "bold");
  }
}

function drawCursor(view) {
  const { over, side, T, cursor: { i, j } } = view;
  const context = fitted(over, side, side);
  const cell = side / T;
  const box = Math.max(cell, 5);
  const [x, y] = [(j + 0.5) * cell - box / 2, (i + 0.5) * cell - box / 2];
  for (const [color, width] of [["rgba(0,0,0,.6)", 3], ["#fff", 1.4]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(x + 0.5, y + 0.5, box - 1, box - 1);
  }
  drawReadout(view);
}

function drawReadout({ readout, tokens, mask, T, cursor: { i, j } }) {
  const seen = Boolean(mask[i * T + j]);
  const part = (className, text) => {
    const span = document.createElement("span");
    span.className = className;
    span.textContent = text;
    return span;
  };
  readout.replaceChildren(
    part("role", `query ${i}`), part("token query", tokens[i]),
    part("", seen ? "may see" : "may not see"), part("role", `key ${j}`), part("token key", tokens[j]),
  );
  Object.assign(readout.dataset, { query: i, key: j, seen });
}

// ---------------------------------------------------------------- strokes

function begin(view) {
  view.undo.push(view.mask.slice());
  if (view.undo.length > STROKES) view.undo.shift();
}

function set(view, i, j, value) {
  view.mask[i * view.T + j] = value;
}

/** Sets every cell on the way, so that a fast stroke has no holes. */
function line(view, from, to, value) {
  const steps = Math.max(Math.abs(to.i - from.i), Math.abs(to.j - from.j), 1);
  for (let n = 0; n <= steps; n++) {
    set(view, Math.round(from.i + ((to.i - from.i) * n) / steps), Math.round(from.j + ((to.j - from.j) * n) / steps), value);
  }
}

function say(view) {
  view.unsaid = false;
  view.report("drawn", [view.epoch, pack(view.mask)]);
}

/** A held key reports once, when it rests. */
function sayLater(view) {
  view.unsaid = true;
  clearTimeout(view.timer);
  view.timer = setTimeout(() => say(view), REST);
}

function takeBack(view) {
  if (!view.undo.length) return;
  view.mask = view.undo.pop();
  paint(view);
  sayLater(view);
}

// ---------------------------------------------------------------- events: assigned, never added

function cellAt({ map, T }, event) {
  const box = map.getBoundingClientRect();
  const place = (x, length) => Math.max(0, Math.min(T - 1, Math.floor((x / length) * T)));
  return { i: place(event.clientY - box.top, box.height), j: place(event.clientX - box.left, box.width) };
}

function bindEvents(view) {
  const { map } = view;
  map.onpointerdown = (event) => {
    if (event.button) return;
    map.focus({ preventScroll: true });
    map.setPointerCapture(event.pointerId);
    const at = cellAt(view, event);
    begin(view);
    view.stroke = { value: view.mask[at.i * view.T + at.j] ? 0 : 1, at };
    view.cursor = at;
    set(view, at.i, at.j, view.stroke.value);
    paint(view);
    event.preventDefault();
  };
  map.onpointermove = (event) => {
    const at = cellAt(view, event);
    if (at.i === view.cursor.i && at.j === view.cursor.j) return;
    view.cursor = at;
    if (!view.stroke) return point(view);
    line(view, view.stroke.at, at, view.stroke.value);
    view.stroke.at = at;
    paint(view);
  };
  map.onpointerup = map.onpointercancel = () => {
    if (!view.stroke) return;
    view.stroke = null;
    say(view);
  };
  map.onkeydown = (event) => onKey(view, event);
}

function onKey(view, event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") takeBack(view);
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (event.key in ARROWS) move(view, ...ARROWS[event.key], event.shiftKey);
  else if (event.key === " " || event.key === "Enter") toggle(view);
  else return;
  event.preventDefault();
}

/** With Shift the cell that is left gives its value to the one that is entered. */
function move(view, down, right, painting) {
  const { i, j } = view.cursor;
  const inside = (x) => Math.max(0, Math.min(view.T - 1, x));
  view.cursor = { i: inside(i + down), j: inside(j + right) };
  if (painting) {
    begin(view);
    set(view, view.cursor.i, view.cursor.j, view.mask[i * view.T + j]);
    sayLater(view);
    paint(view);
  } else point(view);
}

function toggle(view) {
  const { i, j } = view.cursor;
  begin(view);
  set(view, i, j, view.mask[i * view.T + j] ? 0 : 1);
  paint(view);
  sayLater(view);
}
