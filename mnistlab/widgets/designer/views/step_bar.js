/* The steps: a list of tabs, walked through with the arrow keys. */

function render({ model, el, signal }) {
  const bar = create("div", "mnistlab-steps", { role: "tablist", "aria-label": "Steps" });
  el.append(bar);

  function choose(place) {
    model.send({ choose: place });
  }

  function draw() {
    const names = model.get("names");
    const states = model.get("states");
    const selected = model.get("selected");
    while (bar.children.length > names.length) bar.lastChild.remove();
    names.forEach((name, place) => {
      let tab = bar.children[place];
      if (!tab) {
        tab = create("button", "mnistlab-step", { type: "button", role: "tab" },
          create("span", "mnistlab-step-number", {}, String(place + 1)),
          create("span", "mnistlab-step-name"),
          create("span", "mnistlab-chip"));
        tab.addEventListener("click", () => choose(place));
        bar.append(tab);
      }
      tab.children[1].textContent = name;
      tab.children[2].textContent = states[place];
      tab.dataset.state = states[place];
      tab.setAttribute("aria-selected", String(place === selected));
      tab.tabIndex = place === selected ? 0 : -1;
    });
    keepKeys(bar);
  }

  bar.addEventListener("keydown", (event) => {
    const tabs = [...bar.children];
    const place = tabs.indexOf(document.activeElement);
    const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (place < 0 || next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (tabs[next]) {
      tabs[next].focus();
      choose(next);
    }
  });
  listen(model, signal, ["names", "states", "selected"], together(draw));
  draw();
}

export default { render };
