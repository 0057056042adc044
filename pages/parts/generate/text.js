// The text so far, each token as what the text grew by with it. All is set as text only; hovering one says what the last token gives it.

const visibleBreak = (piece) => piece.replace(/ /g, "·").replace(/\n/g, "↵");

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".generated");
  root.style.setProperty("--key", data.colors.key);
  root.style.setProperty("--cache", data.colors.cache);
  if (!root.firstElementChild) build(root);
  const [text, readout, cache] = root.children;
  const tokens = data.texts.map((text, n) => token(text, n, data));
  text.replaceChildren(...tokens);
  text.scrollTop = text.scrollHeight;
  const say = (span) => readout.replaceChildren(...told(data, span ? Number(span.dataset.index) : null));
  text.onpointerover = (event) => say(event.target.closest("[data-index]"));
  text.onpointerleave = () => say(null);
  say(null);
  drawCache(cache, data.cache);
  Object.assign(root.dataset, { tokens: tokens.length, start: data.start });
}

function build(root) {
  const [text, readout, cache] = ["text", "readout", "cache"].map((name) => {
    const div = document.createElement("div");
    div.className = name;
    div.dataset.testid = `generated-${name}`;
    return div;
  });
  text.tabIndex = 0;
  text.setAttribute("aria-label", "the text so far");
  cache.setAttribute("role", "img");
  root.replaceChildren(text, readout, cache);
}

function token(text, n, { prompt, start, weights, pieces }) {
  const span = document.createElement("span");
  span.dataset.index = n;
  const weight = n < start ? null : weights[n - start];
  span.classList.toggle("prompt", n < prompt);
  span.classList.toggle("gone", weight === null);
  span.classList.toggle("latest", n === pieces.length - 1 && n >= prompt);
  if (weight !== null) {
    span.dataset.weight = weight.toFixed(4);
    const amount = 0.62 * Math.sqrt(weight); // the square root, as the colour scale of the maps
    if (amount > 0.02) span.style.background = `color-mix(in srgb, var(--key) ${(100 * amount).toFixed(1)}%, transparent)`;
  }
  span.classList.toggle("byte", !text); // of a character that a later token completes
  span.append(...parts(text));
  return span;
}

/** A line break is marked before it breaks the line. */
function parts(text) {
  return text.split(/(\n)/).filter(Boolean).flatMap((part) => {
    if (part !== "\n") return [part];
    const mark = document.createElement("span");
    mark.className = "break";
    return [mark, "\n"];
  });
}

function told(data, n) {
  const strong = (text, name) => {
    const made = document.createElement(name ? "span" : "b");
    if (name) made.className = name;
    made.textContent = text;
    return made;
  };
  const named = (n) => strong(visibleBreak(data.pieces[n]), "token");
  const last = data.pieces.length - 1;
  if (n !== null && n < data.start) return [`${n} `, named(n), " is out of the model's sight: the window has slid past it"];
  if (n !== null) return [`${last} `, named(last), ` gives to ${n} `, named(n), "  ", strong(data.weights[n - data.start].toFixed(4))];
  const order = data.weights.map((_, at) => at).sort((a, b) => data.weights[b] - data.weights[a]);
  const most = order.slice(0, 4).flatMap((at) => [`   ${at + data.start} `, named(at + data.start), " ", strong(data.weights[at].toFixed(4))]);
  return [`${last} `, named(last), " gives most to ", ...most];
}

function drawCache(cache, [reused, computed, room]) {
  const part = (name, n) => {
    const made = document.createElement("i");
    made.className = name;
    made.style.width = `${(100 * n) / room}%`;
    made.style.minWidth = n ? "2px" : "0";
    return made;
  };
  cache.replaceChildren(part("held", reused), part("now", computed));
  cache.setAttribute("aria-label", `keys and values of ${reused} positions reused, ${computed} computed now, room for ${room}`);
}
