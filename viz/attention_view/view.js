// The linked attention view, drawn on plain canvas; model.js has the numbers and their colours.
//
// The focus is the cell (query i, key j) that is lit in every panel at once. A map is drawn once
// per head to a canvas below; what follows the mouse goes to one above it.

const STATES = new WeakMap(); // parentElement -> view; this module runs again at each change
const REMEMBERED = new Map(); // component key -> {asked, head, cell, locked}, should the DOM be rebuilt

const ZOOM_FROM = 97; // tokens: below, every cell is easy to hit
const WHEEL_FROM = 513; // tokens: below, a plain wheel keeps scrolling the page
const ALL_LABELS = 48; // tokens: above, only some axis labels fit
const ROW = 15; // px between tokens of the arcs, at least
const EDGE = 8; // px by which the first and last axis labels stand over the map's edge

export default function ({ data, key, parentElement, setStateValue }) {
  let view = STATES.get(parentElement);
  if (!view) STATES.set(parentElement, (view = createView(parentElement, key)));
  view.report = setStateValue;
  update(view, data);
  view.observer.observe(view.root);
  return () => {
    view.observer.disconnect();
    cancelAnimationFrame(view.frame);
    view.frame = 0;
    Object.values(view.timers).forEach(clearTimeout);
  };
}

// ---------------------------------------------------------------- view: one per place on the page

function createView(parent, key) {
  const find = (selector) => parent.querySelector(selector);
  const view = {
    key, root: find(".attention"), strip: find(".strip"), readout: find(".readout"),
    legend: find(".legend"), overview: find(".overview"), grid: find(".grid"),
    detail: find(".detail"), frameBox: find(".detail .frame"), axes: find(".axes"),
    map: find(".map"), base: find(".map .base"), over: find(".map .over"), zoomBar: find(".zoom"),
    arcs: find(".arcs"), arcsBox: find(".arcs .frame"), arcsBase: find(".arcs .base"),
    arcsOver: find(".arcs .over"),
    model: null, asked: "", look: "", head: 0, focus: null, locked: false,
    window: null, arcsStart: 0, tokens: [], thumbs: [], frame: 0, timers: {}, epoch: 0, told: 0,
    drawn: {}, drag: null,
  };
  view.parts = buildReadout(view.readout);
  document.fonts.ready.then(() => view.model && axisMargin(view) !== view.margin && layout(view));
  view.observer = new ResizeObserver(() => {
    if (view.model && view.root.clientWidth !== view.width) layout(view);
  });
  bindEvents(view);
  return view;
}

function update(view, data) {
  const { model, selection } = decode(data);
  const look = themeOf(view.root);
  const fresh = !view.model || view.model.digest !== model.digest;
  const moved = obey(view, model, selection);
  if (!fresh && look.signature === view.look.signature && !moved) return;
  view.look = look;
  view.drawn = {};
  const sameText = view.model && String(view.model.tokens) === String(model.tokens);
  if (fresh) {
    view.model = model;
    if (!sameText) fillStrip(view);
    fillLegend(view);
    fillGrid(view);
  }
  keepValid(view, sameText);
  layout(view);
}

/** Follows a new wish of Python's; after its own picks the browser knows better than old wishes. */
function obey(view, model, selection) {
  const asked = JSON.stringify(selection);
  if (!selection || asked === view.asked) return false;
  const remembered = REMEMBERED.get(view.key);
  view.asked = asked;
  view.epoch = selection.epoch;
  if (!view.model && remembered?.asked === asked) {
    Object.assign(view, { head: remembered.head, focus: remembered.focus, locked: remembered.locked });
    return true;
  }
  view.head = selection.selected[0] * model.H + selection.selected[1];
  if (selection.locked) view.focus = { i: selection.locked[0], j: selection.locked[1] };
  view.locked = Boolean(selection.locked);
  return true;
}

/** Head and lock stay while they exist in new data, the window while the text is the same.
    At rest the last query is lit, the one that the next token is read from. */
function keepValid(view, sameText) {
  const { model } = view;
  if (!(view.head < model.L * model.H)) {
    view.head = model.selected;
    reportHead(view);
  }
  const inside = view.focus && view.focus.i < model.T && view.focus.j < model.T;
  const lost = !inside && view.locked;
  view.locked &&= inside;
  if (!inside || (!view.locked && !sameText)) {
    view.focus = { i: model.T - 1, j: strongest(model, view.head, model.T - 1) };
  }
  if (lost) reportCell(view);
  if (!sameText) view.window = { i: 0, j: 0, n: model.T };
}

function remember(view) {
  const { asked, head, focus, locked } = view;
  REMEMBERED.set(view.key, { asked, head, focus, locked });
}

function themeOf(root) {
  const style = getComputedStyle(root);
  const look = {
    text: style.color, mono: style.getPropertyValue("--mono") || "monospace",
    sans: style.fontFamily, page: style.getPropertyValue("--st-background-color"),
  };
  return { ...look, signature: Object.values(look).join("|") };
}

// ---------------------------------------------------------------- layout: what depends on width

function layout(view) {
  const { root, model } = view;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  const size = view.width >= 1000 ? "wide" : view.width >= 620 ? "medium" : "narrow";
  root.classList.toggle("medium", size === "medium");
  root.classList.toggle("narrow", size === "narrow");
  view.margin = axisMargin(view);
  const share = { wide: 0.36, medium: 0.52, narrow: 1 }[size];
  view.side = Math.floor(Math.min(660, view.width * share - (size === "wide" ? 0 : view.margin + EDGE)));
  const room = { wide: 0.31 * view.width, medium: view.width - view.side - view.margin - EDGE - 28, narrow: view.width }[size];
  layoutGrid(view, Math.floor(Math.min(room, view.side + 24)));
  view.frameBox.style.height = `${view.side + view.margin}px`;
  view.detail.style.width = `${view.side + view.margin}px`;
  view.map.style.left = `${view.margin}px`;
  view.map.style.width = view.map.style.height = `${view.side}px`;
  view.arcsHeight = size === "wide" ? view.side : Math.min(view.side, Math.max(160, model.T * ROW));
  view.arcsBox.style.height = `${view.arcsHeight}px`;
  paint(view);
}

/** Room for axis labels left of and below the map. */
function axisMargin({ model, axes, look }) {
  const context = axes.getContext("2d");
  context.font = `11px ${look.mono}`;
  const widest = Math.max(...model.tokens.map((token) => context.measureText(clip(token)).width));
  return Math.ceil(Math.min(86, Math.max(30, widest + 12)));
}

const clip = (token, most = 11) => ([...token].length > most ? [...token].slice(0, most - 1).join("") + "…" : token);

/** In the default order thumbnails shrink until every head fits; sorted, they flow and scroll. */
function layoutGrid(view, room) {
  const { model, grid } = view;
  const tall = view.side;
  let columns = model.H;
  const labels = labelWidth(model);
  const gap = model.order || model.H * model.L <= 64 ? 6 : 3;
  let thumb = Math.min((room - labels) / model.H - gap, (tall + gap) / model.L - gap, 150);
  if (model.order) {
    columns = Math.max(1, Math.ceil(Math.sqrt((model.order.length * room) / tall)));
    columns = Math.min(columns, Math.floor(room / 50), model.order.length);
    thumb = Math.min((room - 8) / columns - gap, 150);
  }
  thumb = Math.max(10, Math.floor(thumb));
  grid.style.setProperty("--thumb", `${thumb}px`);
  grid.style.setProperty("--gap", `${gap}px`);
  grid.style.gridTemplateColumns = model.order ? `repeat(${columns}, ${thumb}px)` : `${labels - gap}px repeat(${columns}, ${thumb}px)`;
  grid.style.maxHeight = model.order ? `${tall + view.margin}px` : "";
  view.overview.style.width = `${room}px`;
  const spare = thumb < 24 ? 2 : 1; // column labels of narrow thumbnails would collide
  grid.querySelectorAll(".label.column").forEach((label, h) => (label.style.visibility = h % spare ? "hidden" : ""));
  view.thumb = thumb;
}

function labelWidth(model) {
  return Math.min(90, 10 + 6 * Math.max(...model.layers.map((label) => label.length)));
}

// ---------------------------------------------------------------- DOM that changes with the data

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

function fillStrip(view) {
  view.tokens = view.model.tokens.map((token, n) => {
    const span = element("span", "", token);
    span.dataset.index = n;
    span.title = `token ${n}`;
    return span;
  });
  view.strip.replaceChildren(...view.tokens);
  view.root.dataset.tokens = view.model.T;
  for (const [name, color] of Object.entries(view.model.colors)) view.root.style.setProperty(`--${name}`, color);
}

/** The bar is even in colour, so a tick stands where its number's colour is. */
function fillLegend({ legend, model }) {
  const [low, high] = model.range;
  const last = model.scale.length - 1;
  const bar = element("div", "bar");
  bar.style.background = `linear-gradient(90deg, ${model.scale.map(([, color]) => color).join(",")})`;
  const ticks = model.ticks.map((value, n) => {
    const tick = element("span", n === model.ticks.length - 1 ? "tick end" : "tick", plain(value));
    const u = (value - low) / (high - low);
    let k = 1;
    while (k < last && model.scale[k][0] < u) k++;
    const [a, b] = [model.scale[k - 1][0], model.scale[k][0]];
    tick.style.left = `${(100 * (k - 1 + (u - a) / (b - a))) / last}%`;
    return tick;
  });
  const scale = element("div", "scale");
  scale.append(bar, ...ticks);
  scale.title = model.weights ? "Colour follows the square root of the weight, the same for every head" : "One scale for every head";
  const masked = element("div", "masked");
  masked.append(element("span", "swatch"), element("span", "", "masked"));
  const parts = [element("span", "name", model.name), scale];
  if (model.mask.includes(0)) parts.push(masked);
  legend.replaceChildren(...parts);
}

function fillGrid(view) {
  const { model, grid } = view;
  const heads = model.order ? model.order.map(([l, h]) => l * model.H + h) : [...Array(model.L * model.H).keys()];
  const content = JSON.stringify([heads, model.order, model.layers, model.heads, model.entropy]);
  if (view.gridContent === content) return; // rebuilt buttons would lose the keyboard's place
  view.gridContent = content;
  view.order = heads;
  view.thumbs = [];
  const cells = [];
  heads.forEach((head, n) => {
    if (!model.order && n % model.H === 0) cells.push(element("span", "label row", model.layers[n / model.H]));
    cells.push((view.thumbs[head] = makeThumb(model, head)));
  });
  if (!model.order) cells.push(element("span"), ...model.heads.map((label) => element("span", "label column", label)));
  grid.classList.toggle("flow", Boolean(model.order));
  grid.replaceChildren(...cells);
  const caption = model.order ? "in sorted order" : "row: layer, column: head";
  fillCaption(view.overview, [["b", "", "All heads"], ["span", "", caption]]);
}

function makeThumb(model, head) {
  const button = element("button");
  const entropy = entropyOf(model, head);
  button.type = "button";
  button.title = headName(model, head) + (entropy === null ? "" : ` · mean entropy ${entropy.toFixed(2)} nats`);
  button.setAttribute("aria-label", button.title);
  Object.assign(button.dataset, {
    testid: "attention-thumb", head, layer: Math.floor(head / model.H), column: head % model.H,
  });
  button.append(document.createElement("canvas"));
  if (model.order) button.append(element("span", "", headName(model, head)));
  return button;
}

function fillCaption(section, parts) {
  section.querySelector(".caption").replaceChildren(...parts.map((part) => element(...part)));
}

function buildReadout(box) {
  const parts = { head: element("span", "head"), value: element("span", "value"), lock: element("span", "lock") };
  for (const role of ["query", "key"]) {
    const group = element("span", role);
    parts[role] = { index: element("span", "role"), token: element("span", "token") };
    group.append(parts[role].index, parts[role].token);
    parts[role].group = group;
  }
  const arrow = element("span", "role", "→");
  box.replaceChildren(parts.head, parts.query.group, arrow, parts.key.group, parts.value, parts.lock);
  return parts;
}

// ---------------------------------------------------------------- paint: a new head, size or theme

function paint(view) {
  paintHead(view);
  paintThumbs(view);
  view.root.dataset.painted = view.model.digest;
}

function paintHead(view) {
  const { model, head } = view;
  const side = Math.round(view.side * (devicePixelRatio || 1));
  drawMap(view.base, model, head, view.window, side, Math.min(view.window.n, side));
  view.base.style.width = view.base.style.height = `${view.side}px`;
  fillCaption(view.arcs, [["b", "query", "query"], ["span", "", "looks at"], ["b", "key", "key"]]);
  view.map.setAttribute("aria-label", `Attention of ${headName(model, head)}. Arrow keys move the cell, shift and arrow keys change the head.`);
  view.root.dataset.selectedHead = `${Math.floor(head / model.H)},${head % model.H}`;
  view.thumbs.forEach((thumb, n) => {
    thumb.setAttribute("aria-pressed", n === head);
    thumb.tabIndex = n === head ? 0 : -1;
  });
  showWindow(view);
  view.drawn = {};
  draw(view);
  remember(view);
}

function paintThumbs(view) {
  const { model } = view;
  const side = Math.max(1, Math.round(view.thumb * (devicePixelRatio || 1)));
  const all = { i: 0, j: 0, n: model.T };
  for (const head of view.order) {
    drawMap(view.thumbs[head].firstChild, model, head, all, side, Math.min(model.T, side));
  }
}

// ---------------------------------------------------------------- draw: what follows the focus

function requestDraw(view) {
  view.frame ||= requestAnimationFrame(() => {
    view.frame = 0;
    draw(view);
  });
}

function draw(view) {
  const { i, j } = view.focus;
  const { i: top, j: left, n } = view.window;
  const state = [i, j, view.locked, top, left, n, view.arcsStart].join();
  if (view.drawn.state === state) return;
  drawReadout(view);
  drawStrip(view);
  drawCross(view);
  drawAxes(view);
  drawArcs(view);
  view.drawn.state = state;
  view.drawn.query = i;
}

function drawReadout({ model, head, focus: { i, j }, locked, parts, readout }) {
  const value = valueAt(model, head, i, j);
  const text = typeof value === "number" ? fourDecimals(value) : value === "masked" ? "masked" : "";
  parts.head.textContent = headName(model, head);
  for (const [role, at] of [["query", i], ["key", j]]) {
    parts[role].index.textContent = `${role} ${at} `;
    parts[role].token.textContent = model.tokens[at];
  }
  parts.value.textContent = text || `loading ${headName(model, head)}…`;
  parts.value.classList.toggle("none", typeof value !== "number");
  parts.lock.textContent = locked ? "locked, Esc to release" : "";
  Object.assign(readout.dataset, {
    layer: Math.floor(head / model.H), head: head % model.H, query: i, key: j,
    view: model.name, value: text, weight: text, locked,
  });
}

/** Tints the keys by the query's numbers; keys that it may not see are faded. */
function drawStrip(view) {
  const { model, head, focus: { i, j }, tokens, drawn } = view;
  if (drawn.query !== i) {
    tokens.forEach((span, key) => {
      const value = valueAt(model, head, i, key);
      span.classList.toggle("unseen", value === "masked");
      span.style.background = typeof value === "number" ? tint(model, value) : "";
    });
  }
  drawn.lit?.forEach((span) => span.classList.remove("query", "key"));
  drawn.lit = [tokens[i], tokens[j]];
  tokens[i].classList.add("query");
  tokens[j].classList.add("key");
  if (!view.overStrip) scrollInto(view.strip, tokens[i]);
}

function tint(model, value) {
  const amount = 0.62 * strength(model, value);
  if (amount < 0.02) return "";
  return rgba(inkOf(model, value), amount.toFixed(3));
}

/** The hue of one number outside of maps: the keys' accent, or the signed scale's two sides. */
function inkOf(model, value) {
  if (model.weights) return model.colors.keys;
  const { scale } = model;
  return scale[Math.round((scale.length - 1) * (value < 0 ? 0.15 : 0.85))][1];
}

/** Scrolls by whole lines, leaving two above the child where there are two. */
function scrollInto(box, child) {
  if (box.scrollHeight <= box.clientHeight) return;
  const top = child.offsetTop - box.offsetTop - 2;
  const line = child.offsetHeight + 3;
  const hidden = top < box.scrollTop || top + line > box.scrollTop + box.clientHeight;
  if (hidden) box.scrollTop = Math.max(0, top - 2 * line);
}

/** Two thin lines along the row and the column, and a frame around the cell. */
function drawCross({ over, side, window, focus, locked }) {
  const context = fitted(over, side, side);
  const cell = side / window.n;
  const x = (focus.j - window.j) * cell;
  const y = (focus.i - window.i) * cell;
  const box = Math.max(cell, 7);
  const [left, top] = [x + (cell - box) / 2, y + (cell - box) / 2];
  const strokes = [["rgba(0,0,0,.55)", 3], [`rgba(255,255,255,${locked ? 1 : 0.85})`, 1]];
  for (const [color, width] of strokes) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    const middle = [x + cell / 2, y + cell / 2];
    for (const [from, to] of [[0, left], [left + box, side]]) line(context, from, middle[1], to, middle[1]);
    for (const [from, to] of [[0, top], [top + box, side]]) line(context, middle[0], from, middle[0], to);
    context.globalAlpha = 0.4;
    context.stroke();
    context.globalAlpha = 1;
    context.lineWidth = width + (locked ? 1 : 0.5);
    context.strokeRect(left, top, box, box);
  }
}

function line(context, x0, y0, x1, y1) {
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
}

/** Labels of queries left of the map and of keys below it; the lit ones in their accents. */
function drawAxes(view) {
  const { axes, side, margin, window: { i: top, j: left, n }, model, look, focus } = view;
  const context = fitted(axes, side + margin + EDGE, side + margin + EDGE);
  context.translate(0, EDGE);
  const cell = side / n;
  const every = n <= ALL_LABELS && cell >= 7.5 ? 1 : Math.ceil(Math.max(n / 24, 13 / cell));
  const font = `${every === 1 ? Math.max(9, Math.min(11, cell)) : 11}px ${look.mono}`;
  const upright = cell * every >= margin - 4; // room for the keys' labels side by side
  const label = (at, below) => {
    const place = (at - (below ? left : top) + 0.5) * cell;
    context.save();
    if (below) context.translate(margin + place, side + (upright ? 12 : 6));
    else context.translate(margin - 6, place);
    if (below && !upright) context.rotate(-Math.PI / 2);
    context.textAlign = below && upright ? "center" : "right";
    context.fillText(clip(model.tokens[at]), 0, 0.5);
    context.restore();
  };
  Object.assign(context, { textBaseline: "middle", direction: "ltr" });
  for (const [below, first, at, color] of [[false, top, focus.i, model.colors.queries], [true, left, focus.j, model.colors.keys]]) {
    context.font = font;
    context.fillStyle = look.text;
    context.globalAlpha = 0.62;
    for (let t = Math.ceil(first / every) * every; t < first + n; t += every) {
      if (t !== at && (every === 1 || Math.abs(t - at) * cell >= 12)) label(t, below);
    }
    context.globalAlpha = 1;
    context.font = `bold ${font}`;
    context.fillStyle = color;
    if (at >= first && at < first + n) label(at, below);
  }
}

// ---------------------------------------------------------------- arcs from query to key

function arcsGeometry(view) {
  const { model, arcsHeight } = view;
  const width = view.arcsBox.clientWidth;
  const rows = Math.min(model.T, Math.floor(arcsHeight / ROW));
  const column = Math.max(20, Math.min(view.margin, width * 0.3));
  return { width, rows, row: Math.min(36, arcsHeight / rows), column, height: arcsHeight };
}

/** Which tokens the two columns show: around the query, with more of what came before it. */
function slideArcs(view, rows) {
  const { model, focus } = view;
  if (view.overArcs && view.arcsStart + rows <= model.T) return view.arcsStart;
  return Math.max(0, Math.min(model.T - rows, focus.i - Math.floor(rows * 0.75)));
}

function drawArcs(view) {
  const shape = arcsGeometry(view);
  view.arcsStart = slideArcs(view, shape.rows);
  const base = [view.arcsStart, shape.width, shape.rows].join();
  if (view.drawn.arcs !== base) drawFaintArcs(view, shape);
  view.drawn.arcs = base;
  const context = fitted(view.arcsOver, shape.width, shape.height);
  const { i } = view.focus;
  for (let j = 0; j < view.model.T; j++) {
    const value = valueAt(view.model, view.head, i, j);
    const amount = typeof value === "number" ? strength(view.model, value) : 0;
    if (amount > 0.03) drawArc(context, view, shape, i, j, inkOf(view.model, value), amount, 0.75 + 3 * amount);
  }
  drawLitTokens(context, view, shape);
}

/** The columns' tokens and every query's larger weights, kept while the window stays. */
function drawFaintArcs(view, shape) {
  const context = fitted(view.arcsBase, shape.width, shape.height);
  const { model, look, arcsStart: start } = view;
  for (let i = start; i < start + shape.rows; i++) {
    for (let j = start; j < start + shape.rows; j++) {
      const value = valueAt(model, view.head, i, j);
      const amount = typeof value === "number" ? strength(model, value) : 0;
      if (amount > 0.35) drawArc(context, view, shape, i, j, model.colors.masked, 0.3 * amount * amount, 1);
    }
  }
  context.fillStyle = look.text;
  context.globalAlpha = 0.62;
  for (let t = start; t < start + shape.rows; t++) for (const right of [false, true]) arcToken(context, view, shape, t, right);
}

const arcY = (view, shape, t) => (t - view.arcsStart + 0.5) * shape.row;

function drawArc(context, view, shape, i, j, color, alpha, width) {
  const [x0, x1] = [shape.column + 6, shape.width - shape.column - 6];
  const [y0, y1] = [arcY(view, shape, i), arcY(view, shape, j)];
  const bend = (x1 - x0) * 0.45;
  context.strokeStyle = rgba(color, alpha);
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
  context.stroke();
}

function arcToken(context, view, shape, t, right, font = "") {
  context.font = `${font} 12px ${view.look.mono}`;
  Object.assign(context, { textAlign: right ? "left" : "right", textBaseline: "middle", direction: "ltr" });
  context.fillText(clip(view.model.tokens[t], 10), right ? shape.width - shape.column : shape.column, arcY(view, shape, t));
}

/** The lit query and key over their plain labels. */
function drawLitTokens(context, view, shape) {
  const { model, focus, arcsStart: start } = view;
  for (const [t, right, color] of [[focus.i, false, model.colors.queries], [focus.j, true, model.colors.keys]]) {
    if (t < start || t >= start + shape.rows) continue;
    const left = right ? shape.width - shape.column - 4 : 0;
    context.fillStyle = view.look.page || "Canvas";
    context.fillRect(left, arcY(view, shape, t) - 8, shape.column + 4, 16);
    context.fillStyle = color;
    arcToken(context, view, shape, t, right, "bold");
  }
}

// ---------------------------------------------------------------- moving focus, head and window

function setFocus(view, i, j, force = false) {
  if (view.locked && !force) return;
  view.focus = { i, j };
  requestDraw(view);
}

function toggleLock(view, i, j) {
  const same = view.locked && view.focus.i === i && view.focus.j === j;
  view.locked = !same;
  view.focus = { i, j };
  view.map.focus({ preventScroll: true });
  reportCell(view);
  requestDraw(view);
}

function unlock(view) {
  if (!view.locked) return;
  view.locked = false;
  reportCell(view);
  requestDraw(view);
}

function reportCell(view) {
  remember(view);
  view.report("cell", lockedCell(view));
  acknowledge(view, () => reportHead(view));
}

function pickHead(view, head, delay = 0) {
  if (head === view.head || head < 0 || head >= view.model.L * view.model.H) return;
  view.head = head;
  paintHead(view);
  view.thumbs[head]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
  later(view, "head", delay, () => reportHead(view));
}

/** A held key reports once, when it rests. */
function later(view, name, delay, action) {
  clearTimeout(view.timers[name]);
  if (delay) view.timers[name] = setTimeout(action, delay);
  else action();
}

function reportHead(view) {
  view.report("head", [Math.floor(view.head / view.model.H), view.head % view.model.H]);
  acknowledge(view, () => view.report("cell", lockedCell(view)));
}

const lockedCell = ({ locked, focus }) => (locked ? [focus.i, focus.j] : null);

/** The first report after a wish of Python's tells everything, then which wish it has seen: else a
    pick of the head that was reported before the wish would look like no pick at all. */
function acknowledge(view, tellTheRest) {
  if (view.told === view.epoch) return;
  view.told = view.epoch;
  tellTheRest();
  view.report("epoch", view.epoch);
}

/** The neighbour of the shown head: by layer and head, or in sorted order along the list. */
function neighbour(view, down, right) {
  const { model, head, order } = view;
  const step = down * model.H + right;
  if (!model.order) {
    const column = (head % model.H) + right;
    return column < 0 || column >= model.H ? -1 : head + step;
  }
  return order[order.indexOf(head) + step] ?? -1;
}

function along(view, step) {
  return view.order[view.order.indexOf(view.head) + step] ?? -1;
}

function moveCell(view, di, dj) {
  const last = view.model.T - 1;
  const i = Math.max(0, Math.min(last, view.focus.i + di));
  const j = Math.max(0, Math.min(last, view.focus.j + dj));
  setFocus(view, i, j, true);
  if (view.locked) later(view, "cell", 200, () => reportCell(view));
  const { n } = view.window;
  const inside = (at, from) => Math.max(Math.min(from, at), at - n + 1);
  setWindow(view, inside(i, view.window.i), inside(j, view.window.j), n);
}

/** Zooms by `factor` so that the cell at (u, v), 0 to 1 from the left and top, stays in place. */
function zoom(view, factor, u = 0.5, v = 0.5) {
  const { i, j, n } = view.window;
  const next = Math.round(Math.max(16, Math.min(view.model.T, n * factor)));
  setWindow(view, Math.round(i + v * (n - next)), Math.round(j + u * (n - next)), next);
}

function setWindow(view, i, j, n) {
  const most = view.model.T - n;
  const next = { i: Math.max(0, Math.min(most, i)), j: Math.max(0, Math.min(most, j)), n };
  const { window } = view;
  if (next.i === window.i && next.j === window.j && next.n === window.n) return;
  view.window = next;
  const side = view.base.width;
  drawMap(view.base, view.model, view.head, next, side, Math.min(n, side));
  showWindow(view);
  requestDraw(view);
}

/** The caption of the large map: its head, and its entropy or, zoomed, which part is shown. */
function showWindow({ detail, zoomBar, window: { i, j, n }, model, head }) {
  zoomBar.classList.toggle("on", model.T >= ZOOM_FROM);
  const entropy = entropyOf(model, head);
  let note = entropy === null ? "" : `mean entropy ${entropy.toFixed(2)} nats`;
  if (n < model.T) note = `queries ${i} to ${i + n - 1}, keys ${j} to ${j + n - 1}`;
  fillCaption(detail, [
    ["b", "", `${headName(model, head)} ${model.name}`], ["span", "query", "query ↓"],
    ["span", "key", "key →"], ["span", "", note],
  ]);
}

// ---------------------------------------------------------------- events: assigned, never added

function bindEvents(view) {
  bindMap(view);
  view.strip.onpointermove = view.strip.onclick = (event) => {
    const index = event.target.dataset?.index;
    if (index === undefined) return;
    const i = Number(index);
    const j = strongest(view.model, view.head, i);
    view.overStrip = true;
    if (event.type === "click") toggleLock(view, i, j);
    else if (view.focus.i !== i) setFocus(view, i, j);
  };
  view.strip.onpointerleave = () => (view.overStrip = false);
  view.arcsBox.onpointermove = view.arcsBox.onclick = (event) => onArcs(view, event);
  view.arcsBox.onpointerleave = () => (view.overArcs = false);
  view.grid.onclick = (event) => {
    const button = event.target.closest("button");
    if (button) pickHead(view, Number(button.dataset.head));
  };
  view.grid.onkeydown = (event) => {
    const [down, right] = ARROWS[event.key] ?? [0, 0];
    if (!down && !right) return;
    event.preventDefault();
    pickHead(view, neighbour(view, down, right), 150);
    view.thumbs[view.head].focus();
  };
  view.zoomBar.onclick = (event) => {
    const action = event.target.dataset?.zoom;
    if (action) zoom(view, { in: 0.5, out: 2, reset: Infinity }[action], ...aroundFocus(view));
  };
  view.root.onkeydown = (event) => {
    if (event.key === "Escape") unlock(view);
  };
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function aroundFocus({ window: { i, j, n }, focus }) {
  const inside = (x) => (x >= 0 && x <= 1 ? x : 0.5);
  return [inside((focus.j - j + 0.5) / n), inside((focus.i - i + 0.5) / n)];
}

function bindMap(view) {
  const { map } = view;
  map.onpointermove = (event) => {
    if (view.drag && pan(view, event)) return;
    setFocus(view, ...cellAt(view, event));
  };
  map.onpointerdown = (event) => {
    if (view.window.n < view.model.T) view.drag = { x: event.clientX, y: event.clientY, from: view.window, moved: false };
    if (view.drag) map.setPointerCapture(event.pointerId);
  };
  map.onpointerup = map.onpointercancel = () => {
    view.panned = view.drag?.moved;
    view.drag = null;
    map.classList.remove("panning");
  };
  map.onclick = (event) => {
    if (!view.panned) toggleLock(view, ...cellAt(view, event));
    view.panned = false;
  };
  map.onwheel = (event) => {
    const wanted = view.model.T >= WHEEL_FROM || ((event.ctrlKey || event.metaKey) && view.model.T >= ZOOM_FROM);
    if (!wanted) return;
    event.preventDefault();
    const box = map.getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    zoom(view, event.deltaY > 0 ? 1.25 : 0.8, u, v);
  };
  map.onkeydown = (event) => onMapKey(view, event);
}

/** The cell [query, key] under the mouse: the box holds exactly n×n cells. */
function cellAt({ map, window: { i, j, n } }, event) {
  const box = map.getBoundingClientRect();
  const place = (x, length) => Math.max(0, Math.min(n - 1, Math.floor((x / length) * n)));
  return [i + place(event.clientY - box.top, box.height), j + place(event.clientX - box.left, box.width)];
}

function pan(view, event) {
  const { drag } = view;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return false;
  drag.moved = true;
  view.map.classList.add("panning");
  const cell = view.side / drag.from.n;
  setWindow(view, Math.round(drag.from.i - dy / cell), Math.round(drag.from.j - dx / cell), drag.from.n);
  return true;
}

function onMapKey(view, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const [down, right] = ARROWS[event.key] ?? [0, 0];
  const heads = { "[": -1, "]": 1, PageUp: -1, PageDown: 1 };
  if (down || right) {
    if (event.shiftKey) pickHead(view, neighbour(view, down, right), 150);
    else moveCell(view, down, right);
  } else if (event.key in heads) pickHead(view, along(view, heads[event.key]), 150);
  else if (event.key === "Enter" || event.key === " ") toggleLock(view, view.focus.i, view.focus.j);
  else return;
  event.preventDefault();
}

/** Left column: the query, with its strongest key. Right column: another key of the same query. */
function onArcs(view, event) {
  view.overArcs = true;
  const shape = arcsGeometry(view);
  const box = view.arcsBox.getBoundingClientRect();
  const t = view.arcsStart + Math.floor((event.clientY - box.top) / shape.row);
  if (t < view.arcsStart || t >= view.arcsStart + shape.rows) return;
  const right = event.clientX - box.left > box.width / 2;
  const i = right ? view.focus.i : t;
  const j = right ? t : strongest(view.model, view.head, t);
  if (event.type === "click") toggleLock(view, i, j);
  else setFocus(view, i, j);
}
