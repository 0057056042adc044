// The overview: one small map a head, in the order that is asked for.

function fillGrid(view) {
  const { model, grid } = view;
  const { heads, flow } = arranged(view);
  Object.assign(view, { order: heads, flow });
  const content = JSON.stringify([heads, flow, model.layers, model.heads]);
  fillMarks(view);
  if (view.gridContent === content) { // rebuilt buttons would lose the keyboard's place
    for (const head of heads) nameThumb(model, view.thumbs[head], head);
    return;
  }
  view.gridContent = content;
  const focused = view.thumbs.find((thumb) => thumb?.matches(":focus"))?.dataset.head;
  view.thumbs = [];
  const cells = [];
  heads.forEach((head, n) => {
    if (!flow && n % model.H === 0) cells.push(element("span", "label row", model.layers[n / model.H]));
    cells.push((view.thumbs[head] = makeThumb(model, head, flow)));
  });
  if (!flow) cells.push(element("span"), ...model.heads.map((label) => element("span", "label column", label)));
  grid.classList.toggle("flow", flow);
  grid.replaceChildren(...cells);
  fillMarks(view);
  if (focused !== undefined) (view.thumbs[focused] ?? view.thumbs[heads[0]]).focus();
}

function nameThumb(model, thumb, head) {
  const entropy = entropyOf(model, head);
  thumb.title = headName(model, head) + (entropy === null ? "" : ` · mean entropy ${entropy.toFixed(2)} nats`);
  thumb.setAttribute("aria-label", thumb.title);
}

function makeThumb(model, head, flow) {
  const button = element("button");
  button.type = "button";
  nameThumb(model, button, head);
  Object.assign(button.dataset, {
    testid: "attention-thumb", head, layer: Math.floor(head / model.H), column: head % model.H,
  });
  button.append(document.createElement("canvas"));
  if (flow) button.append(element("span", "", headName(model, head)));
  return button;
}
