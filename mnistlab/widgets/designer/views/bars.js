/* A line for each class: its name, a bar, and how many images there are. */

function render({ model, el, signal }) {
  const list = create("div", "mnistlab-bars");
  el.append(list);

  function inWords(train, test) {
    const count = train.toLocaleString("en");
    return model.get("tested") ? `${count} + ${test.toLocaleString("en")}` : count;
  }

  function draw() {
    const rows = model.get("rows");
    const most = Math.max(1, ...rows.map(([, train, test]) => train + test));
    list.setAttribute("role", "list");
    list.setAttribute("aria-label", model.get("label"));
    list.hidden = rows.length === 0;
    // Many classes are scrolled, which the keyboard can do only where the list has the focus.
    list.tabIndex = rows.length > 20 ? 0 : -1;
    list.replaceChildren(...rows.map(([name, train, test]) => {
      const bar = create("span", "mnistlab-bar", { "aria-hidden": "true" });
      const parts = { train, test };
      for (const [kind, count] of Object.entries(parts)) {
        const part = create("span", "mnistlab-bar-part", {});
        part.dataset.kind = kind;
        part.style.width = `${(100 * count) / most}%`;
        bar.append(part);
      }
      return create("div", "mnistlab-bar-row", { role: "listitem" },
        create("span", "mnistlab-bar-name", { title: name }, name), bar,
        create("span", "mnistlab-bar-count", {}, inWords(train, test)));
    }));
  }
  listen(model, signal, ["rows", "tested", "label"], together(draw));
  draw();
}

export default { render };
