// The grid of the residual stream on canvas: one row a state, one column a position.
// Words are only ever drawn or set as text, never read as HTML.

const views = new WeakMap();
const HEAD = 26, GAP = 1, SMALL = 9, LARGE = 12, ABSENT = -1;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".stream");
  if (!views.has(root)) views.set(root, build(root));
  const view = views.get(root);
  Object.assign(view, { data, chosen: data.chosen, hovered: null });
  view.send = (cell) => setTriggerValue("cell", cell);
  paint(view);
  listen(view);
  return () => { view.observer.disconnect(); views.delete(root); };
}

function build(root) {
  const part = (kind, name, parent = root) => {
    const element = document.createElement(kind);
    element.className = name;
    parent.append(element);
    return element;
  };
  root.replaceChildren();
  const names = part("canvas", "names"), scroll = part("div", "scroll");
  const body = part("canvas", "body", scroll), bar = part("div", "bar"), tip = part("div", "tip");
  body.tabIndex = 0;
  body.dataset.testid = "stream-body";
  tip.dataset.testid = "stream-tip";
  const view = { root, names, scroll, body, bar, tip };
  view.observer = new ResizeObserver(() => view.data && paint(view));
  view.observer.observe(scroll);
  return view;
}

/** Sizes in CSS pixels; a column is as wide as its words need, or as there is room for. */
function measured(view) {
  const { states, tokens, cells } = view.data;
  const letters = (list) => list.reduce((most, text) => Math.max(most, [...text].length), 1);
  const longest = letters([...new Set(cells ?? tokens)]);
  const room = view.scroll.clientWidth / tokens.length;
  const needed = Math.min(longest * SMALL * 0.61 + 0.7, 64);
  const width = Math.min(Math.max(room, needed), 90);
  const size = width >= longest * LARGE * 0.62 + 3 ? LARGE : SMALL;
  const height = Math.min(Math.max(330 / states.length, 17), 34);
  const foot = view.data.following ? 42 : 4;
  return { S: states.length, T: tokens.length, width, height, size, foot, total: HEAD + height * states.length + foot };
}

function context(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.textBaseline = "middle";
  return pen;
}

function paint(view) {
  const { root, data } = view, style = getComputedStyle(root);
  view.size = measured(view);
  view.ink = style.color;
  view.mono = style.getPropertyValue("--st-code-font") || "monospace";
  paintNames(view, style.fontFamily);
  paintBody(view);
  paintBar(view);
  const { S, T } = view.size;
  view.body.setAttribute("role", "application");
  view.body.setAttribute("aria-label", `${data.bar.title}, ${S} states by ${T} positions; arrow keys move`);
  Object.assign(root.dataset, {
    states: S, tokens: T, title: data.bar.title,
    chosen: view.chosen ? view.chosen.join(",") : "", painted: String(1 + Number(root.dataset.painted || 0)),
  });
}

function paintNames(view, font) {
  const { size, names, data } = view, wide = 104;
  const pen = context(names, wide, size.total);
  Object.assign(pen, { fillStyle: view.ink, font: `12.5px ${font}`, textAlign: "right" });
  data.states.forEach((name, s) => pen.fillText(name, wide - 8, HEAD + (s + 0.5) * size.height, wide - 10));
  if (data.following) pen.fillText("true next", wide - 8, HEAD + size.S * size.height + 14, wide - 10);
}

function paintBody(view) {
  const { size, data } = view, { S, T, width, height } = size;
  const pen = context(view.body, width * T, size.total);
  pen.textAlign = "center";
  pen.font = `${size.size}px ${view.mono}`;
  const middle = (t) => (t + 0.5) * width, fits = Math.max(width - 1, 5);
  pen.fillStyle = view.ink;
  data.tokens.forEach((token, t) => pen.fillText(token, middle(t), HEAD - 11, fits));
  const below = HEAD + S * height + 14;
  (data.following ?? []).forEach((token, t) => pen.fillText(token, middle(t), below, fits));
  for (let s = 0; s < S; s++) for (let t = 0; t < T; t++) paintCell(view, pen, s, t, middle(t), fits);
  if (view.chosen) outline(pen, view.chosen, size);
}

function paintCell(view, pen, s, t, middle, fits) {
  const { size, data } = view, at = s * size.T + t, level = data.levels[at];
  const color = data.colors[level], top = HEAD + s * size.height;
  pen.globalAlpha = level === ABSENT ? 0.35 : 1;
  pen.fillStyle = color ? `rgb(${color.join()})` : level === ABSENT ? data.absent : data.invalid;
  const gap = size.width > 12 ? GAP : 0;
  pen.fillRect(t * size.width, top, size.width - gap, size.height - GAP);
  pen.globalAlpha = 1;
  if (!data.cells) return;
  const light = color && 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2] > 127;
  pen.fillStyle = !color ? view.ink : light ? "#000" : "#fff";
  pen.fillText(data.cells[at], middle, top + size.height / 2, fits);
}

/** Two lines, so that it is seen on light cells and on dark ones. */
function outline(pen, [s, t], { width, height }) {
  for (const [wide, color] of [[4, "#fff"], [2, "#000"]]) {
    Object.assign(pen, { lineWidth: wide, strokeStyle: color });
    pen.strokeRect(t * width - 0.5, HEAD + s * height - 0.5, width, height);
  }
}

function paintBar(view) {
  const { bar, data, size } = view, scale = document.createElement("i"), title = document.createElement("b");
  const stops = data.colors.filter((_, n) => n % 15 === 0).map((color) => `rgb(${color.join()})`);
  scale.style.background = `linear-gradient(to top, ${stops.join()})`;
  title.textContent = data.bar.title;
  const ticks = data.bar.ticks.map(([text, share]) => {
    const tick = document.createElement("span");
    tick.textContent = text;
    tick.style.bottom = `${share * 100}%`;
    return tick;
  });
  scale.append(...ticks);
  bar.style.height = `${size.S * size.height}px`;
  bar.style.marginTop = `${HEAD}px`;
  bar.replaceChildren(scale, title);
}

function cellAt(view, event) {
  const box = view.body.getBoundingClientRect(), { width, height, S, T } = view.size;
  const s = Math.floor((event.clientY - box.top - HEAD) / height), t = Math.floor((event.clientX - box.left) / width);
  return s >= 0 && s < S && t >= 0 && t < T ? [s, t] : null;
}

function listen(view) {
  const { body } = view;
  body.onpointermove = (event) => tell(view, cellAt(view, event));
  body.onpointerleave = () => tell(view, null);
  body.onclick = (event) => { const cell = cellAt(view, event); if (cell) choose(view, cell, 0); };
  body.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [s, t] = view.chosen ?? [0, -1], { S, T } = view.size;
    const within = (n, end) => Math.min(Math.max(n, 0), end - 1);
    choose(view, [within(s + step[0], S), within(t + step[1], T)], 150);
    tell(view, view.chosen);
  };
}

/** Marked at once; told to Python when the keys rest. */
function choose(view, cell, delay) {
  view.chosen = cell;
  paintBody(view);
  view.root.dataset.chosen = cell.join(",");
  clearTimeout(view.timer);
  view.timer = setTimeout(() => view.send(cell), delay);
}

function tell(view, cell) {
  const { tip, data, size, scroll, names } = view;
  tip.hidden = !cell;
  if (!cell) return;
  const [s, t] = cell, head = document.createElement("b");
  head.textContent = `${data.states[s]}, position ${data.first + t}  ${data.tokens[t]}`;
  const note = document.createElement("div");
  note.textContent = data.notes[s * size.T + t];
  tip.replaceChildren(head, note);
  Object.assign(tip.dataset, { state: s, position: data.first + t, note: note.textContent });
  const x = names.clientWidth + (t + 1) * size.width - scroll.scrollLeft + 10;
  const left = x + tip.offsetWidth > view.root.clientWidth ? x - tip.offsetWidth - size.width - 20 : x;
  Object.assign(tip.style, { left: `${Math.max(left, 0)}px`, top: `${HEAD + s * size.height}px` });
}
