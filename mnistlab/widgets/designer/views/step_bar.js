/* The steps: a list of tabs, walked through with the arrow keys. And the focus of the designer. */

const CONTROLS = "button, input, select, textarea, [tabindex='0']";

function isUsable(node) {
  return node.isConnected && !node.disabled && node.getClientRects().length > 0;
}

/* What is used may be disabled, redrawn or hidden by what it did. The focus would fall out of the
designer then, and whoever works with the keys would begin anew at the top of the page. */
function keepFocus(el, signal) {
  let last = null;
  let trail = [];
  let watched = null;
  let waiting = 0;
  const observer = new MutationObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(mend, 60);
  });
  signal.addEventListener("abort", () => {
    clearTimeout(waiting);
    observer.disconnect();
  });

  function watch(root) {
    if (root === watched) return;
    watched = root;
    observer.disconnect();
    observer.observe(root, {
      subtree: true, childList: true, attributes: true, attributeFilter: ["disabled", "hidden", "class", "style"],
    });
  }
  function inside(target) {
    const root = el.closest(".mnistlab-designer");
    return root?.contains(target) ? root : null;
  }
  document.addEventListener("focusin", ({ target }) => {
    const root = inside(target);
    last = root && target;
    if (!root) return;
    trail = [];
    for (let node = target; node !== root; node = node.parentElement) trail.push(node);
    watch(root);
  }, { signal });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!inside(target)) last = null;
  }, { signal });

  /* What is next to what had the focus: of its list, or of what follows on its screen. */
  function successor() {
    const screen = trail.find((node) => node.classList.contains("mnistlab-screen"));
    if (!screen) return null;
    if (!isUsable(screen)) return el.querySelector("[aria-selected='true']");
    if (last.isConnected && last.disabled) {
      // Its neighbors: where Train is disabled, Stop is not. Where there is none, it may come back.
      const row = last.closest(".mnistlab-row");
      const buttons = row ? [...row.querySelectorAll("button")] : [];
      const place = buttons.indexOf(last);
      return [...buttons.slice(place + 1), ...buttons.slice(0, place).reverse()].find(isUsable);
    }
    const stayed = trail.find((node) => node.isConnected);
    const controls = [...screen.querySelectorAll(CONTROLS)].filter(isUsable);
    const behind = (node) => stayed.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
    return controls.find((node) => stayed.contains(node)) ?? controls.find(behind) ?? controls.at(-1);
  }
  function mend() {
    if (!last || document.activeElement !== document.body) return;
    const next = isUsable(last) ? last : successor();
    // A new step is shown from its top; within a screen nothing moves.
    next?.focus({ preventScroll: !el.contains(next) });
  }
}

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
  keepFocus(el, signal);
  draw();
}

export default { render };
