// What a word means stands at it while a mouse is on it, while it has the focus, and after a touch.
// The words are links that pages/shared/glossary.py makes; without this script the browser shows
// their titles itself, to a mouse.
(() => {
  if (window.headlightGlossary) return;
  window.headlightGlossary = true;
  const WORDS = 'a[href^="#meaning-"]';
  const GAP = 6; // px
  const box = document.createElement("div");
  box.id = "meaning";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  const wordAt = (event) => (event.target instanceof Element ? event.target.closest(WORDS) : null);
  const show = (word) => {
    if (!word) return;
    if (word.title) word.dataset.meaning = word.title;
    word.removeAttribute("title"); // or the browser would show it too
    word.setAttribute("aria-describedby", box.id);
    if (!box.isConnected) document.body.append(box);
    box.textContent = word.dataset.meaning ?? "";
    box.hidden = false;
    place(word);
  };
  const place = (word) => {
    const at = word.getBoundingClientRect();
    const left = Math.min(at.left, innerWidth - box.offsetWidth - GAP);
    const below = at.bottom + GAP + box.offsetHeight < innerHeight;
    box.style.left = `${Math.max(GAP, left)}px`;
    box.style.top = `${below ? at.bottom + GAP : at.top - GAP - box.offsetHeight}px`;
  };
  const hide = () => {
    box.hidden = true;
  };
  document.addEventListener("pointerover", (event) => {
    if (wordAt(event)) show(wordAt(event));
    else if (!document.activeElement?.matches(WORDS)) hide();
  });
  document.addEventListener("focusin", (event) => {
    if (wordAt(event)) show(wordAt(event));
    else hide();
  });
  document.addEventListener("focusout", (event) => wordAt(event) && hide());
  // The focus itself may scroll the page: the meaning goes with its word while that is in sight.
  const follow = () => {
    const word = document.activeElement;
    const at = !box.hidden && word?.matches(WORDS) ? word.getBoundingClientRect() : null;
    if (at && at.bottom > 0 && at.top < innerHeight) place(word);
    else hide();
  };
  document.addEventListener("scroll", follow, true);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener(
    "click",
    (event) => {
      const word = wordAt(event);
      if (!word) return;
      event.preventDefault(); // it leads nowhere else
      show(word);
    },
    true,
  );
})();
