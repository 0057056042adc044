// The menu lies over the page where there is no room beside it: there it closes once a page is
// chosen. Streamlit does so for browsers that call themselves mobile, and leaves it open in a narrow
// window and at a large zoom.
(() => {
  if (window.headlightMenu) return;
  window.headlightMenu = true;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-testid=stSidebarNavLink]");
    const sidebar = link?.closest("[data-testid=stSidebar]");
    if (!sidebar || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const over = () => matchMedia("(max-width: 768px)").matches && sidebar.dataset.collapsed === "false";
    // After Streamlit's own answer to the click, which may have closed it.
    setTimeout(() => over() && sidebar.querySelector("[data-testid=stSidebarCollapseButton] button")?.click());
  });
})();
