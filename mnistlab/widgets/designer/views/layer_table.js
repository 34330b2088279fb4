/* The layers as a table. Python has the rows and the choice; this shows them, and tells Python what
was clicked, pressed and dropped. */

const COLUMNS = ["", "Layer", "Settings", "Output", "Parameters", "Share", ""];
const STEPS = { ArrowUp: -1, ArrowDown: 1, PageUp: -10, PageDown: 10, Home: -1000, End: 1000 };
let tables = 0;

function createHead() {
  return create("thead", "", {}, create("tr", "", {},
    ...COLUMNS.map((text, place) => create("th", "", { scope: "col", "data-column": place },
      text || create("span", "mnistlab-unseen", {}, place ? "Problems" : "Row")))));
}

function createShare({ share, percent }) {
  const bar = create("span", "mnistlab-share-bar", { "aria-hidden": "true" }, create("span", ""));
  bar.firstChild.style.width = `${100 * share}%`;
  return create("span", "mnistlab-share", {}, bar, create("span", "mnistlab-share-text", {}, percent));
}

function createMark(messages, id) {
  if (!messages.length) return "";
  const words = messages.join("\n");
  return create("span", "mnistlab-row-mark", { title: words },
    create("span", "", { "aria-hidden": "true" }, "!"),
    create("span", "mnistlab-unseen", { id }, words));
}

function createRow(row, place, id) {
  const cells = [
    String(row.number), row.kind, row.settings, row.shape, row.parameters,
    row.percent ? createShare(row) : "", createMark(row.messages, id),
  ];
  const node = create("tr", "", {
    draggable: "true", "data-place": place, "aria-rowindex": place + 2,
    ...(row.messages.length && { "aria-describedby": id, "data-wrong": "" }),
    ...(!row.known && { "data-unknown": "" }),
  }, ...cells.map((cell, column) => create("td", "", { "data-column": column, role: "gridcell" }, cell)));
  node.children[1].title = row.name;
  return node;
}

function render({ model, el, signal }) {
  const id = `mnistlab-layers-${Math.random().toString(36).slice(2)}-${tables++}`;
  const body = create("tbody");
  const table = create("table", "mnistlab-layers", {
    role: "grid", "aria-label": "Layers", "aria-describedby": `${id}-keys`,
  }, createHead(), body);
  const empty = create("p", "mnistlab-layers-empty", {},
    "No layers yet. Choose one above and add it, or take a template.");
  const keys = create("p", "mnistlab-layers-keys", { id: `${id}-keys` },
    "Arrow keys choose a row, Alt with an arrow key moves it, Delete removes it; rows can also be dragged.");
  el.append(create("div", "mnistlab-layers-frame", {}, table, empty), keys);
  let dragged = null;
  let version = 0;

  function rowAt(place) {
    return body.children[place];
  }

  function draw() {
    const rows = model.get("rows");
    const hadFocus = body.contains(document.activeElement);
    dragged = null;
    body.replaceChildren(...rows.map((row, place) => createRow(row, place, `${id}-${place}`)));
    table.hidden = keys.hidden = rows.length === 0;
    empty.hidden = rows.length > 0;
    mark(hadFocus);
    keepKeys(el);
  }
  function mark(withFocus) {
    const selected = model.get("selected");
    const way = selected in body.children ? selected : 0;
    [...body.children].forEach((row, place) => {
      row.setAttribute("aria-selected", String(place === selected));
      row.tabIndex = place === way ? 0 : -1;
    });
    if (withFocus && rowAt(way)) rowAt(way).focus();
  }

  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    row.focus();
    model.send({ do: "choose", place: Number(row.dataset.place) });
  });
  body.addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
    if (ctrlKey || metaKey || shiftKey) return;
    const step = STEPS[key];
    if (step && altKey && Math.abs(step) === 1) model.send({ do: "shift", to: step });
    else if (step && !altKey) model.send({ do: "step", to: step });
    // A key that is held down would empty the table.
    else if (key === "Delete" && !altKey) event.repeat || model.send({ do: "remove" });
    else if (key === "Enter" || key === " ") {
      model.send({ do: "choose", place: Number(event.target.closest("tr").dataset.place) });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  // Dragging: a line shows where the row would go, above or below the one under the pointer.
  function targetOf(event) {
    const row = event.target.closest("tr");
    if (!row || dragged === null) return null;
    const { top, height } = row.getBoundingClientRect();
    const below = event.clientY > top + height / 2;
    const gap = Number(row.dataset.place) + below;
    return { row, below, to: gap > dragged ? gap - 1 : gap };
  }
  function clear() {
    for (const row of body.children) delete row.dataset.drop;
  }
  body.addEventListener("dragstart", (event) => {
    dragged = Number(event.target.closest("tr").dataset.place);
    version = model.get("version");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
    event.stopPropagation();
  });
  body.addEventListener("dragover", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    clear();
    target.row.dataset.drop = target.below ? "below" : "above";
  });
  body.addEventListener("drop", (event) => {
    const target = targetOf(event);
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ do: "drop", place: dragged, to: target.to, version });
  });
  body.addEventListener("dragend", () => {
    dragged = null;
    clear();
  });

  listen(model, signal, ["rows"], together(draw));
  listen(model, signal, ["selected"], together(() => mark(body.contains(document.activeElement))));
  draw();
}

export default { render };
