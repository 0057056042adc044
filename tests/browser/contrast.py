"""How well the words on a component's own buttons and labels stand out, in every state of them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

LEAST = 4.5
"""Contrast of text, WCAG 2.1, criterion 1.4.3 (level AA); what is disabled is excepted."""

STATES = ((), ("hover",), ("focus", "focus-visible"), ("hover", "active"))
BUTTONS = """() => {
  const buttons = [];
  const look = (root, inside) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot, true);
      if (inside && element.matches("button, label, summary, select, [role=button]")) {
        if (element.disabled || !element.checkVisibility({ opacityProperty: true })) continue;
        buttons.push(element);
      }
    }
  };
  look(document, false);
  return buttons;
}"""
# Colours as numbers by the browser itself, which knows color-mix() and all the spaces.
FAINT = f"""() => {{
  const paint = new OffscreenCanvas(1, 1).getContext("2d", {{ willReadFrequently: true }});
  const numbers = (color) => {{
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  }};
  const over = ([r, g, b, a], under) => [r, g, b].map((each, n) => each * a + under[n] * (1 - a));
  const parent = (element) => element.parentElement ?? element.getRootNode().host;
  const ground = (element) => {{
    const layers = [];
    for (let e = element; e; e = parent(e)) {{
      layers.push(numbers(getComputedStyle(e).backgroundColor));
    }}
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  }};
  const light = (color) => {{
    const [r, g, b] = color.map((c) => c / 255)
      .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }};
  const contrast = (element) => {{
    const behind = ground(element);
    const [r, g, b, a] = numbers(getComputedStyle(element).color);
    let opacity = a;
    for (let e = element; e; e = parent(e)) opacity *= Number(getComputedStyle(e).opacity);
    const both = [light(over([r, g, b, opacity], behind)), light(behind)];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  }};
  const worded = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  return ({BUTTONS})().flatMap((button) => [button, ...button.querySelectorAll("*")])
    .filter(worded)
    .map((element) => [contrast(element), element.outerHTML.slice(0, 120)])
    .filter(([value]) => value < {LEAST});
}}"""
PRESSED = f"""(pressed) => {{
  for (const button of ({BUTTONS})()) {{
    if (!button.hasAttribute("aria-pressed")) continue;
    window.headlightPressed ??= new Map();
    if (!window.headlightPressed.has(button)) {{
      window.headlightPressed.set(button, button.getAttribute("aria-pressed"));
    }}
    button.setAttribute("aria-pressed", pressed ?? window.headlightPressed.get(button));
  }}
}}"""


def faint(page: Page) -> list[str]:
    """Words on buttons and labels of our components that stand out too little, by state.

    Each is measured plain, under the pointer, with the focus and held down; pressed and not.
    """
    client = page.context.new_cdp_session(page)
    client.send("DOM.enable")
    client.send("CSS.enable")
    tree = client.send("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
    nodes = _inside_components(tree).values()
    weak = []
    for state in STATES:
        for node in nodes if state else ():  # nothing is forced yet
            client.send(
                "CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": list(state)}
            )
        for pressed in ("true", "false"):
            page.evaluate(PRESSED, pressed)
            told = f"{'+'.join(state) or 'plain'}, pressed {pressed}"
            weak += [f"{told}: {value:.2f} {html}" for value, html in page.evaluate(FAINT)]
    page.evaluate(PRESSED, None)
    client.detach()
    return weak


def _inside_components(root: dict[str, Any], inside: bool = False) -> dict[str, int]:
    """Node ids of buttons behind shadow roots: one of each kind, by what a style can tell."""
    kinds = {}
    if inside and root["nodeName"] in ("BUTTON", "SELECT"):
        told = dict(zip(root["attributes"][::2], root["attributes"][1::2], strict=True))
        marks = {name: told.get(name) for name in ("class", "data-mark", "aria-pressed")}
        kinds[f"{root['parentId']} {marks}"] = root["nodeId"]
    for child in root.get("children", []):
        kinds |= _inside_components(child, inside)
    for shadow in root.get("shadowRoots", []):
        kinds |= _inside_components(shadow, inside or shadow["shadowRootType"] == "open")
    return kinds
