// Scrolls so that the picture that a stop speaks of is in sight below the tour's panel, once for each
// `moment` of a stop. A person who has touched anything meanwhile is not moved, and neither is one on
// a small screen, where the panel does not stay in sight.
({ moment, controls, matrix }) => {
  if (window.headlightMoment === moment) return;
  window.headlightMoment = moment;
  if (!matchMedia("(min-width: 1000px) and (min-height: 700px)").matches) return;
  const [GAP, LOWEST, PATIENCE] = [8, 120, 15000]; // px, px of a picture, ms
  const began = performance.now();
  let before = null;
  let touched = false;
  for (const event of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    addEventListener(event, () => (touched = true), { once: true, capture: true, passive: true });
  }
  const boxOf = (element) => element.getBoundingClientRect();
  const pictures = '[data-testid^="stBidiComponent"], .stPlotlyChart';

  /** The first picture below the panel that is no small thing; of its matrices the one that is meant. */
  function pictureOf(main, panel) {
    const every = [...main.querySelectorAll(pictures)];
    const whole = every.find((each) => !panel.contains(each) && boxOf(each).height >= LOWEST);
    if (!whole || !matrix) return whole;
    const roots = [whole, ...whole.querySelectorAll("*")].map((each) => each.shadowRoot ?? each);
    return roots.map((root) => root.querySelector(`[data-matrix="${matrix}"]`)).find(Boolean);
  }

  function look() {
    const main = document.querySelector(".stMain");
    const panel = document.querySelector(".st-key-tour")?.parentElement;
    if (!main || !panel || touched || window.headlightMoment !== moment) return;
    const picture = pictureOf(main, panel);
    const rests = document.querySelector("[data-test-script-state=notRunning]");
    const awaited = main.querySelector(".stSkeleton, [data-testid=stSkeleton]"); // it has another height
    const now = picture && rests && !awaited ? `${boxOf(picture).top} ${boxOf(picture).height}` : null;
    if (now !== null && now === before) return bring(main, panel, picture);
    before = now;
    if (performance.now() - began < PATIENCE) setTimeout(look, 200);
  }

  /** As far as the whole picture needs, but neither it nor a control above it goes behind the panel. */
  function bring(main, panel, picture) {
    const stuck = parseFloat(getComputedStyle(panel).top) || 0; // px: there it stays
    const free = boxOf(main).top + stuck + boxOf(panel).height + GAP;
    const { top, bottom } = boxOf(picture);
    const above = [...main.querySelectorAll(controls || ":not(*)")].map((each) => boxOf(each).top);
    const limits = [top, ...above.filter((each) => each < top)].map((each) => each - free);
    const wanted = Math.min(bottom - innerHeight + GAP, ...limits);
    if (wanted <= 0) return;
    const whole = pastCutRows(main, [panel, picture.getRootNode().host ?? picture], free - GAP, wanted);
    main.scrollBy({ top: Math.min(whole, ...limits), behavior: "instant" });
  }

  /** So far that no row of the page stands half behind the panel's lower `edge`. */
  function pastCutRows(main, [panel, picture], edge, wanted) {
    const rows = [...main.querySelectorAll('[data-testid="stElementContainer"], [data-testid="stColumn"]')];
    const boxes = rows.filter((each) => !panel.contains(each) && !each.contains(picture)).map(boxOf);
    const cut = boxes.filter(({ top, bottom }) => top - wanted < edge && bottom - wanted > edge);
    return Math.max(wanted, ...cut.map(({ bottom }) => bottom - edge));
  }
  look();
}
