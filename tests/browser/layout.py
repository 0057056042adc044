"""Whether a page fits its window: it never scrolls sideways, no words lie on others or are cut."""

from __future__ import annotations

from playwright.sync_api import Page

# The boxes of all words in sight, cut to what their scrolling boxes show of them.
_WORDS = """
  const HIDDEN = ".modebar, script, style, [aria-hidden=true]";
  const main = document.querySelector(".stMain");
  const parent = (element) => element.parentElement ?? element.getRootNode().host;
  const shown = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const cut = (element, box) => {
    let { left, right, top, bottom } = box;
    for (let e = element; e && e !== main; e = parent(e)) {
      const style = getComputedStyle(e);
      if (style.position === "fixed") return null;
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const clip = e.getBoundingClientRect();
      if (e instanceof SVGElement) continue;
      left = Math.max(left, clip.left); right = Math.min(right, clip.right);
      top = Math.max(top, clip.top); bottom = Math.min(bottom, clip.bottom);
    }
    return right - left > 2 && bottom - top > 2 ? { left, right, top, bottom } : null;
  };
  // The upright box of a slanted word is larger than the word.
  const isSlanted = (element) => {
    const { a, b } = element.getScreenCTM?.() ?? { a: 0, b: 0 };
    return Math.abs(a * b) > 0.01;
  };
  const words = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      if (!shown(element) || element.closest(HIDDEN)) continue;
      for (const node of element.childNodes) {
        if (node.nodeType !== 3 || !node.data.trim() || isSlanted(element)) continue;
        const range = document.createRange();
        range.setStart(node, node.data.length - node.data.trimStart().length);
        range.setEnd(node, node.data.trimEnd().length); // blanks cover nothing
        for (const rect of range.getClientRects()) {
          const box = cut(element, rect);
          if (box) words.push({ element, text: node.data.trim().slice(0, 40), box, rect });
        }
      }
    }
  };
  look(main);
"""
_OVERLAPS = """
  const found = [];
  words.sort((a, b) => a.box.top - b.box.top);
  words.forEach((one, i) => {
    for (const other of words.slice(i + 1)) {
      if (other.box.top >= one.box.bottom - 3) break;
      if (one.element === other.element) continue;
      const [a, b] = [one.box, other.box];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - b.top;
      if (wide > 3 && high > 4) found.push(`"${one.text}" lies on "${other.text}"`);
    }
  });
  return [...new Set(found)];
"""
_CUT = """
  const wanted = "button, label, [data-testid=stWidgetLabel], th, [role=tab], h2, h3, figcaption";
  return [...new Set(words.filter(({ element, box, rect }) => {
    const held = element.closest(wanted);
    if (!held || held.closest(".stMain [style*='overflow: auto'], .scroll, .grid")) return false;
    for (let e = element; e && e !== main; e = parent(e)) {
      const { overflowX, textOverflow } = getComputedStyle(e);
      if (["auto", "scroll"].includes(overflowX) || textOverflow === "ellipsis") return false;
    }
    return rect.right - box.right > 2 || box.left - rect.left > 2;
  }).map(({ text }) => `"${text}" is cut`))];
"""
# Words of a chart that go on beyond its edge, where nothing is drawn.
_BEYOND = """
  return [...new Set(words.filter(({ element, rect }) => {
    const chart = element.closest(".main-svg")?.getBoundingClientRect();
    return chart && (rect.right - chart.right > 1 || chart.left - rect.left > 1);
  }).map(({ text }) => `"${text}" goes beyond its chart`))];
"""
# Words of titles and buttons that go on in another line without a hyphen or a blank.
_BROKEN = """
  const wanted = "button, label, th, [role=tab], h2, h3, figcaption";
  const torn = (node) => [...node.data.matchAll(/[\\p{L}\\p{N}_]+/gu)].filter((word) => {
    const range = document.createRange();
    range.setStart(node, word.index);
    range.setEnd(node, word.index + word[0].length);
    return new Set([...range.getClientRects()].map((rect) => Math.round(rect.top))).size > 1;
  }).map((word) => word[0]);
  const titles = new Set(words.map(({ element }) => element).filter((e) => e.closest(wanted)));
  const nodes = [...titles].flatMap((e) => [...e.childNodes]).filter((n) => n.nodeType === 3);
  return [...new Set(nodes.flatMap(torn))].map((word) => `"${word}" is broken`);
"""
_UNREADABLE = f"""() => {{{_WORDS}
  return [...(() => {{{_OVERLAPS}}})(), ...(() => {{{_CUT}}})(), ...(() => {{{_BEYOND}}})(),
    ...(() => {{{_BROKEN}}})()];
}}"""
_WIDER = """() => {
  const main = document.querySelector(".stMain");
  const wide = main.scrollWidth - main.clientWidth;
  const page = document.documentElement.scrollWidth - innerWidth;
  return [[wide, "the page's own part"], [page, "the window"]]
    .filter(([more]) => more > 0).map(([more, what]) => `${what} scrolls sideways by ${more} px`);
}"""


def faults(page: Page) -> list[str]:
    """What does not fit at the present size of the window, in words."""
    return [fault for script in (_WIDER, _UNREADABLE) for fault in page.evaluate(script)]
