// One step back for one page. Streamlit pushes an entry of the browser's history for a page, and
// another one when the page has written its parameters into the address. What a page writes by
// itself belongs to the entry that is there; what it writes once a person has touched it is a step.
//
// Two messages may also come the wrong way round: a page that is come to writes its parameters
// while the address still is the one of the page that is left. So a write is held for a moment. If
// another page's entry comes meanwhile, which has the same parameters, the write is dropped; but
// one from before the press that led there is the left page's own, and is carried out first.
(() => {
  if (window.headlightHistory) return; // the script comes again with each run
  window.headlightHistory = true;
  const HOLD = 50; // milliseconds
  const HOLD_AFTER_PRESS = 1000; // while another page is on its way; a busy browser is slow to draw it
  const ON_ITS_WAY = 5000;
  const AWAY = "a[href], [data-testid=stSidebarNav]"; // a press there touches neither page
  const push = window.history.pushState.bind(window.history);
  const replace = window.history.replaceState.bind(window.history);
  let untouched = true;
  let left = -Infinity; // when a person last pressed a way to another page
  let held = null;

  const drop = () => {
    if (held) clearTimeout(held.timer);
    held = null;
  };
  const write = () => {
    if (!held) return;
    const { isStep, args } = held;
    drop();
    (isStep ? push : replace)(...args);
  };
  const hold = (args) => {
    const isStep = !untouched || Boolean(held && held.isStep);
    drop();
    const at = performance.now();
    const moment = at - left < ON_ITS_WAY ? HOLD_AFTER_PRESS : HOLD;
    held = { isStep, args, at, timer: setTimeout(write, moment) };
  };
  window.history.pushState = (...args) => {
    const elsewhere = new URL(args[2] ?? "", location.href).pathname !== location.pathname;
    if (!elsewhere) return hold(args);
    if (held && held.at < left) write();
    drop();
    push(...args);
    left = -Infinity; // it has come
    untouched = true;
  };
  const touched = (event) => {
    const target = event.composedPath()[0]; // a link may stand in a component
    if (target.closest?.(AWAY)) left = performance.now();
    else untouched = false;
  };
  for (const event of ["pointerdown", "keydown"]) window.addEventListener(event, touched, true);
  window.addEventListener("popstate", () => {
    drop(); // it was for the entry that is left
    untouched = true;
  });
  window.addEventListener("pagehide", write);
})();
