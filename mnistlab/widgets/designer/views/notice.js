/* Messages as text, with a button where one can be mended by a click. */

const WORDS = { error: "Error", advice: "Advice", good: "Done", note: "Note" };

function render({ model, el, signal }) {
  const list = create("div", "mnistlab-notice", { role: "status", "aria-live": "polite" });
  el.append(list);

  function draw() {
    const items = model.get("items");
    list.replaceChildren(...items.map(({ kind, text, button }, place) => {
      const item = create("div", "mnistlab-message", { "data-kind": kind },
        create("span", "mnistlab-message-kind", {}, WORDS[kind] ?? kind),
        create("span", "mnistlab-message-text", {}, text));
      if (button) {
        const mend = createButton("mnistlab-fix", button);
        mend.addEventListener("click", () => model.send({ click: place, text }));
        item.append(mend);
      }
      return item;
    }));
    list.hidden = items.length === 0;
  }
  listen(model, signal, ["items"], together(draw));
  draw();
}

export default { render };
