"""Every page: it fits at every width and in both themes, and the keyboard gets to every control.

A page at 200 % has half the width. At 390 px that would be 195; 320 px is the narrowest that WCAG
asks of a page (1.4.10, Reflow), and the narrowest that is measured here.
"""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser import layout
from tests.browser.app_server import ROOT, AppServer
from tests.browser.contrast import faint
from tests.browser.waiting import at_rest, becomes

FILES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
NAMES = ["import" if name == "import_model" else name for name in FILES]
MOST_TABS = 400
# The narrowest; a phone; a small window and two common screens, at 200 % and at 100 %. One load
# serves all.
SIZES: dict[Literal["light", "dark"], tuple[int, ...]] = {
    "light": (320, 390, 512, 683, 960, 1024, 1366),
    "dark": (1920,),
}

# Everything that a mouse can press, in shadow roots too, as objects that stay the same.
CONTROLS = """() => {
  const wanted = "a[href], button, input, textarea, select, [tabindex], [role=button], " +
    "[role=slider], [role=checkbox], [role=switch], [role=combobox], [role=tab], [role=radio]";
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.shadowRoot) look(element.shadowRoot);
      if (!element.matches(wanted) || element.disabled) continue;
      if (element.getAttribute("aria-disabled") === "true") continue;
      found.push(element);
    }
  };
  look(document);
  return found;
}"""
# In these, arrow keys go on from the one that Tab reaches: radio buttons, tabs, the steps of a
# number, a menu's list, small maps.
GROUPS = (
    "[role=radiogroup], [role=tablist], [role=grid], [role=group], .grid, "
    "[data-testid=stNumberInput], [data-testid=stSelectbox], [data-testid=stMultiSelect]"
)
UNREACHED = f"""() => ({CONTROLS})().filter((element) => {{
  if (window.headlightReached.has(element)) return false;
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  if (box.width < 2 || box.height < 2 || style.visibility !== "visible") return false;
  if (!element.checkVisibility({{ opacityProperty: true }})) return false;
  if (element.closest("[aria-hidden=true], [inert]")) return false;
  if ([...window.headlightReached].some((one) => element.contains(one))) return false;
  const group = element.closest("{GROUPS}");
  return !(group && [...window.headlightReached].some((one) => group.contains(one)));
}}).map((element) => `${{element.innerText}}: ${{element.outerHTML.slice(0, 160)}}`)"""
# At each Tab let go of, what has the focus counts as reached; a round ends at the first again.
FOLLOW = """() => {
  window.headlightReached = new Set();
  window.headlightRound = false;
  if (window.headlightFollows) return;
  window.headlightFollows = true;
  window.addEventListener("keyup", (event) => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (event.key !== "Tab" || !element || element === document.body) return;
    const reached = window.headlightReached;
    const [first] = reached; // a table keeps the focus while Tab goes from cell to cell
    reached.add(element);
    window.headlightRound ||= element === first && reached.size > 1;
  }, true);
}"""
OVERLAPS = f"""() => {{
  const shown = ({CONTROLS})().filter((element) =>
    element.closest(".stMain") && element.matches("button, input, textarea, select") &&
    element.checkVisibility({{ opacityProperty: true, visibilityProperty: true }}));
  const boxes = shown.map((element) => element.getBoundingClientRect());
  const found = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, n) => {{
    const other = shown[i + 1 + n];
    if (shown[i].contains(other) || other.contains(shown[i])) return;
    if (shown[i].closest("label, [data-baseweb]")?.contains(other)) return;
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 2) {{
      found.push([shown[i], other].map((one) => one.outerHTML.slice(0, 120)).join(" and "));
    }}
  }}));
  return found;
}}"""


def opened(page: Page, server: AppServer, name: str) -> None:
    page.goto(f"{server.url}/{name}")
    expect(page.locator("h2").first).to_be_visible()
    at_rest(page)


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_and_the_keyboard_reaches_every_control(
    page: Page, server: AppServer, name: str
) -> None:
    opened(page, server, name)
    for theme, widths in SIZES.items():
        page.emulate_media(color_scheme=theme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 1000})
            at_rest(page)
            becomes(page, lambda: layout.faults(page), [])
            becomes(page, lambda: page.evaluate(OVERLAPS), [])
        becomes(page, lambda: faint(page), [])

    walk_through(page)
    if page.evaluate(UNREACHED):  # drawn anew in the meantime: a page may still be measuring
        at_rest(page)
        walk_through(page)
    left = page.evaluate(UNREACHED)
    assert not left, "\n".join(left)


def walk_through(page: Page) -> None:
    """Press Tab until the first control comes again, and at most nine times more."""
    page.evaluate(FOLLOW)
    for _ in range(MOST_TABS // 10):
        for _ in range(10):
            page.keyboard.press("Tab")
        if page.evaluate("window.headlightRound"):
            return
    pytest.fail(f"after {MOST_TABS} tabs the first control had not come again")
