// Points in a plane on canvas, with their words. Words are only ever drawn or set as text.

const VIEWS = new WeakMap(); // root -> view; this module runs again at each change
const ROOM = { left: 58, right: 12, top: 8, bottom: 44 }; // px around the plane
const REACH = 14; // px within which a point counts as pointed at
const FINEST = 1e-4; // of the whole: as far as one can zoom in

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".plane");
  if (!VIEWS.has(root)) VIEWS.set(root, build(root));
  const view = VIEWS.get(root);
  view.send = (id) => setTriggerValue("point", id);
  if (String(view.data?.extent) !== String(data.extent)) view.window = data.extent.map((ends) => [...ends]);
  Object.assign(view, { data, points: pointsOf(data), at: null });
  fillLegend(view);
  view.title.textContent = data.title;
  view.observer.observe(root);
  paint(view);
  return () => view.observer.disconnect();
}

function build(root) {
  const part = (kind, name) => {
    const made = Object.assign(document.createElement(kind), { className: name });
    root.append(made);
    return made;
  };
  root.replaceChildren();
  const view = { root, title: part("div", "title"), canvas: part("canvas", ""), legend: part("div", "legend"), tip: part("div", "tip"), off: new Set() };
  view.tip.hidden = true;
  view.canvas.tabIndex = 0;
  view.canvas.dataset.testid = "plane-canvas";
  view.tip.dataset.testid = "plane-tip";
  view.observer = new ResizeObserver(() => view.data && root.clientWidth !== view.width && paint(view));
  listen(view);
  return view;
}

/** One list of all points; each knows its group. */
function pointsOf(data) {
  return data.dots.flatMap((dots) => dots.ids.map((id, n) => ({
    id, dots, place: dots.places[n], text: dots.texts[n], note: dots.notes[n],
    color: dots.color ?? dots.colors[n], labelled: dots.labelled[n],
  })));
}

function fillLegend(view) {
  const { data, legend, off } = view;
  const entries = data.dots.length < 2 ? [] : data.dots.map((dots) => {
    const button = document.createElement("button"), mark = document.createElement("i");
    Object.assign(button, { type: "button", title: "Click to hide or show" });
    mark.className = dots.symbol;
    mark.style.background = dots.color ?? dots.colors.at(-1);
    button.append(mark, dots.name);
    button.setAttribute("aria-pressed", !off.has(dots.name));
    button.onclick = () => {
      off.has(dots.name) ? off.delete(dots.name) : off.add(dots.name);
      button.setAttribute("aria-pressed", !off.has(dots.name));
      paint(view);
    };
    return button;
  });
  legend.replaceChildren(...entries, ...(data.bar ? [scaleOf(data.bar)] : []));
}

function scaleOf({ title, stops, ticks }) {
  const box = document.createElement("div"), strip = document.createElement("i"), name = document.createElement("b");
  box.className = "scale";
  strip.style.background = `linear-gradient(to right, ${stops.map(([place, color]) => `${color} ${100 * place}%`)})`;
  name.textContent = title;
  const marks = ticks.map(([share, text]) => {
    const mark = Object.assign(document.createElement("span"), { textContent: text });
    mark.style.left = `${100 * share}%`;
    return mark;
  });
  box.append(strip, name, ...marks);
  return box;
}

// ---------------------------------------------------------------- painting

function paint(view) {
  const { root, canvas, data } = view;
  view.width = root.clientWidth;
  if (!view.width) return; // in a closed tab; the observer calls again
  const style = getComputedStyle(root);
  Object.assign(view, {
    height: data.height, ink: style.color, sans: style.fontFamily,
    mono: style.getPropertyValue("--st-code-font") || "monospace",
  });
  const ratio = devicePixelRatio || 1;
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round(view.height * ratio);
  Object.assign(canvas.style, { width: `${view.width}px`, height: `${view.height}px` });
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  paintAxes(view, pen);
  pen.save();
  pen.beginPath();
  pen.rect(ROOM.left, ROOM.top, inner(view)[0], inner(view)[1]);
  pen.clip();
  paintLinks(view, pen);
  shown(view).forEach((point) => paintPoint(view, pen, point));
  pen.restore();
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", `${data.title || "Plane"}: ${view.points.length} points. Arrow keys go from point to point, plus and minus zoom.`);
  Object.assign(root.dataset, { points: view.points.length, title: data.title, chosen: data.chosen ?? "", painted: 1 + Number(root.dataset.painted ?? 0) });
}

const inner = ({ width, height }) => [width - ROOM.left - ROOM.right, height - ROOM.top - ROOM.bottom];

const shown = ({ points, off }) => points.filter((point) => !off.has(point.dots.name));

/** Where a place of the plane is on the canvas, in px. */
function onCanvas(view, [x, y]) {
  const [[x0, x1], [y0, y1]] = view.window, [wide, high] = inner(view);
  return [ROOM.left + ((x - x0) / (x1 - x0)) * wide, ROOM.top + ((y1 - y) / (y1 - y0)) * high];
}

function inside(view, [px, py]) {
  const [wide, high] = inner(view);
  return px >= ROOM.left && px <= ROOM.left + wide && py >= ROOM.top && py <= ROOM.top + high;
}

/** Round numbers between two ends, about five of them. */
function ticks([low, high]) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((n) => n * power >= rough);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const found = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) found.push([n * step, (n * step).toFixed(Math.min(digits, 8)).replace(/^-(0(\.0*)?)$/, "$1").replace("-", "−")]);
  return found;
}

function paintAxes(view, pen) {
  const [wide, high] = inner(view), [xs, ys] = view.window;
  Object.assign(pen, { strokeStyle: view.ink, fillStyle: view.ink, lineWidth: 1, font: `12px ${view.sans}`, textBaseline: "middle" });
  const line = (at, zero, from, to) => {
    pen.globalAlpha = zero ? 0.4 : 0.12;
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    pen.globalAlpha = 0.8;
  };
  pen.textAlign = "center";
  for (const [x, text] of ticks(xs)) {
    const [px] = onCanvas(view, [x, ys[0]]);
    line(x, x === 0, [px, ROOM.top], [px, ROOM.top + high]);
    pen.fillText(text, px, ROOM.top + high + 11);
  }
  pen.textAlign = "right";
  for (const [y, text] of ticks(ys)) {
    const [, py] = onCanvas(view, [xs[0], y]);
    line(y, y === 0, [ROOM.left, py], [ROOM.left + wide, py]);
    pen.fillText(text, ROOM.left - 7, py);
  }
  pen.textAlign = "center";
  pen.fillText(view.data.axes[0], ROOM.left + wide / 2, view.height - 10);
  pen.save();
  pen.translate(9, ROOM.top + high / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(view.data.axes[1], 0, 0);
  pen.restore();
  pen.globalAlpha = 1;
}

/** A ring around the chosen point, and lines to those that are near it. */
function paintLinks(view, pen) {
  const { data } = view, find = (id) => shown(view).find((point) => point.id === id);
  const chosen = data.chosen === null ? null : find(data.chosen);
  if (!chosen) return;
  const [px, py] = onCanvas(view, chosen.place);
  Object.assign(pen, { strokeStyle: data.accent, lineWidth: 1 });
  for (const other of data.near.map(find).filter(Boolean)) {
    pen.beginPath();
    pen.moveTo(px, py);
    pen.lineTo(...onCanvas(view, other.place));
    pen.stroke();
  }
  ring(pen, px, py, 10);
}

function ring(pen, px, py, radius) {
  pen.lineWidth = 2;
  pen.beginPath();
  pen.arc(px, py, radius, 0, 7);
  pen.stroke();
}

function paintPoint(view, pen, { place, color, text, labelled, dots }) {
  const [px, py] = onCanvas(view, place), size = dots.words ? 2.5 : 4;
  Object.assign(pen, { fillStyle: color, globalAlpha: dots.words ? 0.75 : 0.9 });
  pen.beginPath();
  if (dots.symbol === "diamond") [[0, -1], [1, 0], [0, 1], [-1, 0]].forEach(([x, y]) => pen.lineTo(px + x * size * 1.3, py + y * size * 1.3));
  else pen.arc(px, py, size, 0, 7);
  pen.fill();
  pen.globalAlpha = 1;
  if (!labelled) return;
  Object.assign(pen, { font: `${dots.words ? 12 : 13}px ${view.mono}`, textBaseline: "middle", textAlign: dots.words ? "left" : "center", fillStyle: dots.words ? color : view.ink });
  if (dots.words) pen.fillText(text, px + 5, py);
  else pen.fillText(text, px, py - 12);
}

// ---------------------------------------------------------------- what a person does

function listen(view) {
  const { canvas } = view;
  const here = (event) => [event.offsetX, event.offsetY];
  canvas.onpointerdown = (event) => {
    view.drag = { from: here(event), window: view.window, moved: false };
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => (view.drag ? pan(view, here(event)) : point(view, nearest(view, here(event))));
  canvas.onpointerup = canvas.onpointercancel = () => {
    view.panned = view.drag?.moved;
    view.drag = null;
    canvas.classList.remove("panning");
  };
  canvas.onpointerleave = () => view.drag || point(view, null);
  canvas.onblur = () => point(view, null);
  canvas.onclick = (event) => view.panned || choose(view, nearest(view, here(event)));
  canvas.ondblclick = () => whole(view);
  canvas.onwheel = (event) => { // a plain wheel goes on scrolling the page until one clicks in here
    if (!event.ctrlKey && !event.metaKey && canvas.getRootNode().activeElement !== canvas) return;
    event.preventDefault();
    zoom(view, event.deltaY > 0 ? 1.2 : 1 / 1.2, here(event));
  };
  canvas.onkeydown = (event) => {
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const factor = { "+": 1 / 1.4, "=": 1 / 1.4, "-": 1.4 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (step) point(view, towards(view, step));
    else if (factor) zoom(view, factor, view.at ? onCanvas(view, view.at.place) : null);
    else if (event.key === "Enter" || event.key === " ") choose(view, view.at);
    else if (event.key === "0") whole(view);
    else return;
    event.preventDefault();
  };
}

function nearest(view, [px, py]) {
  let best = REACH, found = null;
  for (const each of shown(view)) {
    const [x, y] = onCanvas(view, each.place), far = Math.hypot(x - px, y - py);
    if (far < best) [best, found] = [far, each];
  }
  return found;
}

/** The next point in a direction; at first the chosen one, or the first. */
function towards(view, [right, down]) {
  const all = shown(view);
  if (!view.at) return all.find((each) => each.id === view.data.chosen) ?? all[0] ?? null;
  const [x0, y0] = onCanvas(view, view.at.place);
  let best = Infinity, found = view.at;
  for (const each of all) {
    const [x, y] = onCanvas(view, each.place);
    const along = (x - x0) * right + (y - y0) * down, across = Math.abs((x - x0) * down + (y - y0) * right);
    const far = along + 2 * across;
    if (along > 0.5 && across <= 2 * along && far < best) [best, found] = [far, each];
  }
  return found;
}

/** Tells of a point beside it. */
function point(view, found) {
  const { tip, canvas, data } = view;
  if (found === view.at && !tip.hidden === Boolean(found)) return;
  view.at = found;
  tip.hidden = !found;
  canvas.classList.toggle("on", Boolean(found) && data.choose);
  if (!found) return;
  const name = Object.assign(document.createElement("b"), { textContent: found.text });
  tip.replaceChildren(name, `  ${found.note}`);
  const [px, py] = onCanvas(view, found.place);
  Object.assign(tip.dataset, { id: found.id, x: px, y: py, group: found.dots.name });
  const left = px + 14 + tip.offsetWidth > view.width ? px - 14 - tip.offsetWidth : px + 14;
  Object.assign(tip.style, { left: `${left}px`, top: `${canvas.offsetTop + py - 14}px` });
}

function choose(view, found) {
  if (found && view.data.choose && found.id !== view.data.chosen) view.send(found.id);
}

function pan(view, [px, py]) {
  const { drag, canvas } = view, [dx, dy] = [px - drag.from[0], py - drag.from[1]];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  drag.moved = true;
  canvas.classList.add("panning");
  const [wide, high] = inner(view), [[x0, x1], [y0, y1]] = drag.window;
  const [right, up] = [(dx / wide) * (x1 - x0), (dy / high) * (y1 - y0)];
  go(view, [[x0 - right, x1 - right], [y0 + up, y1 + up]]);
}

/** Makes the window larger by a factor; the place under the mouse stays. */
function zoom(view, factor, at) {
  const [wide, high] = inner(view), [xs, ys] = view.window;
  if (at && !inside(view, at)) return;
  const [u, v] = at ? [(at[0] - ROOM.left) / wide, 1 - (at[1] - ROOM.top) / high] : [0.5, 0.5];
  const scaled = ([low, high], share) => {
    const held = low + share * (high - low);
    return [held - (held - low) * factor, held + (high - held) * factor];
  };
  const next = [scaled(xs, u), scaled(ys, v)];
  const home = view.data.extent, share = (next[0][1] - next[0][0]) / (home[0][1] - home[0][0]);
  if (share > FINEST && share < 4) go(view, next);
}

const whole = (view) => go(view, view.data.extent.map((ends) => [...ends]));

function go(view, window) {
  view.window = window;
  point(view, null);
  view.frame ||= requestAnimationFrame(() => {
    view.frame = 0;
    paint(view);
  });
}
