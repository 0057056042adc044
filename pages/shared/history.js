// One step back for one page. Streamlit pushes an entry of the browser's history for a page, and
// another one when the page has written its parameters into the address. What a page writes by
// itself belongs to the entry that is there; what it writes once a person has touched it is a step.
(() => {
  if (window.headlightHistory) return; // the script comes again with each run
  window.headlightHistory = true;
  const push = window.history.pushState.bind(window.history);
  let untouched = true;
  window.history.pushState = (state, unused, url) => {
    const elsewhere = new URL(url ?? "", window.location.href).pathname !== window.location.pathname;
    if (elsewhere || !untouched) push(state, unused, url);
    else window.history.replaceState(state, unused, url);
    if (elsewhere) untouched = true;
  };
  // A press on the way to another page touches neither: what the page that is left still writes
  // until the other one answers is no step.
  const away = "a[href], [data-testid=stSidebarNav]";
  const touched = (event) => {
    if (!event.target.closest?.(away)) untouched = false;
  };
  for (const event of ["pointerdown", "keydown"]) window.addEventListener(event, touched, true);
  window.addEventListener("popstate", () => (untouched = true));
})();
