// @ts-check
// One picture as PNG, SVG or HTML. The preview is the very page that HTML saves, in a frame of its
// own with its own plotly; PNG and SVG are what that plotly makes of it, as it stands: a scene that
// was turned is saved turned. The caption stands below the picture in all three, and the settings
// are put inside each file.

import { element } from "../../easel/elements.js";
import { mounted, unmounted } from "../../easel/mounting.js";

const SVG = "http://www.w3.org/2000/svg";
const SCALE = 2; // PNG pixels a CSS pixel
const TALLEST = 0.5; // of the window, for the preview
const CAPTION = { font: "13px sans-serif", size: 13, line: 19.5, margin: 16, opacity: 0.75 };

export default function ({ data, parentElement }) {
  const view = mounted(parentElement, ".save-picture", createView, fit);
  const { head, packed } = split(data);
  if (head.digest !== view.digest) show(view, head, packed);
  return () => unmounted(view);
}

function createView(root) {
  const find = (selector) => root.querySelector(selector);
  const view = {
    root, said: find("output"), box: find(".preview"), frame: find("iframe"),
    buttons: [...root.querySelectorAll("button")], digest: null, width: 0,
  };
  for (const button of view.buttons) button.onclick = () => save(view, button.dataset.kind);
  return view;
}

/** Length of a JSON header, the header, the page in gzip. */
function split(data) {
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  return { head, packed: data.subarray(4 + length) };
}

async function show(view, head, packed) {
  Object.assign(view, { digest: head.digest, head, page: null });
  view.said.textContent = "drawing…";
  ready(view, false);
  const page = await unpacked(packed);
  if (view.digest !== head.digest) return; // another picture was chosen meanwhile
  view.page = page;
  view.frame.onload = () => {
    fit(view);
    view.said.textContent = "";
    ready(view, true);
  };
  view.frame.srcdoc = page;
}

function unpacked(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function ready(view, yes) {
  for (const button of view.buttons) button.disabled = !yes;
  view.root.dataset.ready = yes ? view.digest : "";
}

/** The whole page small enough to see at once. */
function fit(view) {
  const { frame, box, head, root } = view;
  if (!head) return;
  view.width = root.clientWidth;
  const width = head.width + 32; // the page's margins
  frame.style.width = `${width}px`;
  const height = frame.contentDocument?.documentElement?.scrollHeight || head.height;
  const scale = Math.min(1, root.clientWidth / width, (TALLEST * window.innerHeight) / height);
  Object.assign(frame.style, { height: `${height}px`, transform: `scale(${scale})` });
  Object.assign(box.style, { height: `${height * scale}px`, width: `${width * scale}px` });
}

const MAKERS = {
  html: async ({ page }) => [page, "text/html"],
  svg: async (view) => [withSettings(await svg(view), view.head), "image/svg+xml"],
  png: async (view) => [stamped(await png(view), bytesOf(view.head.chunk)), "image/png"],
};

async function save(view, kind) {
  const name = `${view.head.name}.${kind}`;
  delete view.root.dataset.saved;
  try {
    const [content, type] = await MAKERS[kind](view);
    download(view, new Blob([content], { type }), name);
    view.said.textContent = `saved ${name}`;
    view.root.dataset.saved = name;
  } catch (error) {
    view.said.textContent = `${name} could not be made: ${error instanceof Error ? error.message : error}`;
  }
}

function download({ root }, blob, name) {
  const link = element("a", "", { href: URL.createObjectURL(blob), download: name, hidden: true });
  root.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** What plotly makes of the picture, as a data: URL. */
function image({ frame, head: { width, height } }, format, scale) {
  const { Plotly, document } = frame.contentWindow;
  return Plotly.toImage(document.getElementById("figure"), { format, width, height, scale });
}

/** The caption's lines as wide as the picture, and the height that they take below it. */
function captionOf({ caption, width }) {
  const brush = new OffscreenCanvas(1, 1).getContext("2d");
  brush.font = CAPTION.font;
  const room = width - 2 * CAPTION.margin;
  const wide = (text) => brush.measureText(text.trimEnd()).width > room;
  const lines = [""];
  for (const word of caption.split(/(?<= )/)) {
    if (wide(lines.at(-1) + word)) lines.push("");
    for (const char of word) { // a word longer than a line is broken anywhere
      if (wide(lines.at(-1) + char)) lines.push("");
      lines[lines.length - 1] += char;
    }
  }
  const filled = lines.filter((line) => line);
  return { lines: filled, height: Math.ceil(filled.length * CAPTION.line + 2 * CAPTION.margin) };
}

/** Where the n-th line stands: its baseline, from the picture's lower edge. */
const baseline = (n) => CAPTION.margin + n * CAPTION.line + CAPTION.size;

async function svg(view) {
  const url = await image(view, "svg", 1);
  return decodeURIComponent(url.slice(url.indexOf(",") + 1));
}

async function png(view) {
  const { head } = view;
  const url = await image(view, "png", SCALE);
  const bytes = bytesOf(url.slice(url.indexOf(",") + 1));
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const { lines, height } = captionOf(head);
  const canvas = new OffscreenCanvas(picture.width, picture.height + SCALE * height);
  const brush = canvas.getContext("2d");
  brush.fillStyle = head.paper;
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0);
  brush.setTransform(SCALE, 0, 0, SCALE, 0, picture.height);
  Object.assign(brush, { fillStyle: head.ink, font: CAPTION.font, globalAlpha: CAPTION.opacity });
  lines.forEach((line, n) => brush.fillText(line, CAPTION.margin, baseline(n)));
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

/** An element of an SVG. */
function svgNode(tree, tag, attributes, content = "") {
  const node = tree.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = content;
  return node;
}

/** Adds the caption below the picture of an SVG. */
function addCaption(tree, head) {
  const { lines, height } = captionOf(head), root = tree.documentElement;
  const looks = { "fill-opacity": CAPTION.opacity, "font-family": "sans-serif", "font-size": CAPTION.size };
  const place = (n) => ({ class: "caption", x: CAPTION.margin, y: head.height + baseline(n), fill: head.ink });
  root.setAttribute("height", head.height + height);
  root.setAttribute("viewBox", `0 0 ${head.width} ${head.height + height}`);
  root.append(
    svgNode(tree, "rect", { x: 0, y: head.height, width: head.width, height, fill: head.paper }),
    ...lines.map((line, n) => svgNode(tree, "text", { ...place(n), ...looks }, line)));
}

/** The SVG with its caption, a title, a description for people and the settings for programs. */
function withSettings(text, head) {
  const tree = new DOMParser().parseFromString(text, "image/svg+xml");
  const broken = tree.querySelector("parsererror");
  if (broken) throw new Error(broken.textContent);
  addCaption(tree, head);
  tree.documentElement.prepend(
    svgNode(tree, "title", {}, head.title), svgNode(tree, "desc", {}, head.caption),
    svgNode(tree, "metadata", { id: "settings" }, head.settings));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(tree)}`;
}

/** The PNG with a chunk before its first data: after the signature and IHDR, 25 bytes, the first one. */
export const stamped = (bytes, chunk) => new Blob([bytes.subarray(0, 8 + 25), chunk, bytes.subarray(8 + 25)]);

/** Base64 to bytes. */
const bytesOf = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
