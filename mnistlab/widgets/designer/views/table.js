/* A table as HTML has it: a caption, and heads for columns and rows. */

function render({ model, el, signal }) {
  const table = create("table", "mnistlab-table");
  // A narrow page scrolls the table, not itself; whoever scrolls with the keys needs the focus there.
  const frame = create("div", "mnistlab-table-frame", { tabindex: "0", role: "region" }, table);
  el.append(frame);

  function draw() {
    const head = model.get("head");
    const rows = model.get("rows");
    const words = new Set(model.get("words"));
    const kind = (column) => (words.has(column) ? "mnistlab-cell-words" : "mnistlab-cell-number");
    frame.setAttribute("aria-label", model.get("caption"));
    frame.hidden = rows.length === 0;
    table.replaceChildren(
      create("caption", "", {}, model.get("caption")),
      create("thead", "", {}, create("tr", "", {},
        ...head.map((text, column) => create("th", kind(column), { scope: "col" }, text)))),
      create("tbody", "", {}, ...rows.map((cells) => create("tr", "", {},
        ...cells.map((text, column) => column === 0
          ? create("th", kind(column), { scope: "row" }, text)
          : create("td", kind(column), {}, text))))));
    keepKeys(el);
  }
  listen(model, signal, ["caption", "head", "rows", "words"], together(draw));
  draw();
}

export default { render };
