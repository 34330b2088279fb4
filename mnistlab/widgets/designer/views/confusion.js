/* The confusion matrix: a table in which each number is a button. Tab reaches one of them, the
arrow keys the others. */

const STRONGEST = 55;

/* How strong a cell is colored, in percent. The root lets few errors be seen beside many hits, and
the limit leaves the number readable. */
function strengthOf(count, sum) {
  return count && sum ? 6 + (STRONGEST - 6) * Math.sqrt(count / sum) : 0;
}

function shareOf(count, sum) {
  if (!sum) return "no image of this class";
  const share = (100 * count) / sum;
  const text = share > 0 && share < 0.05 ? "less than 0.1" : share.toFixed(1);
  return `${text} % of ${sum.toLocaleString("en-US")}`;
}

function render({ model, el, signal }) {
  const table = create("table", "mnistlab-confusion");
  const frame = create("div", "mnistlab-table-frame", {}, table);
  el.append(frame);
  let cells = [];
  let place = [0, 0];

  function createCell(row, column) {
    const count = model.get("counts")[row][column];
    const sum = model.get("sums")[row];
    const [one, other] = [row, column].map((index) => model.get("names")[index]);
    const words = row === column
      ? `${one} read right: ${count.toLocaleString("en-US")}, ${shareOf(count, sum)}`
      : `${one} read as ${other}: ${count.toLocaleString("en-US")}, ${shareOf(count, sum)}`;
    const node = create("button", "mnistlab-confusion-cell", {
      type: "button", "aria-label": words, title: words,
    }, count.toLocaleString("en-US"));
    node.dataset.kind = count === 0 ? "none" : row === column ? "right" : "wrong";
    node.style.setProperty("--mnistlab-strength", `${strengthOf(count, sum)}%`);
    node.addEventListener("click", () => {
      place = [row, column];
      mark();
      model.send({ choose: place, version: model.get("version") });
    });
    return node;
  }

  function mark() {
    const [chosenRow, chosenColumn] = model.get("chosen");
    cells.forEach((line, row) => line.forEach((node, column) => {
      node.tabIndex = row === place[0] && column === place[1] ? 0 : -1;
      node.setAttribute("aria-pressed", String(row === chosenRow && column === chosenColumn));
    }));
  }

  function draw() {
    const names = model.get("names");
    const counts = model.get("counts");
    const held = table.contains(document.activeElement);
    frame.hidden = names.length === 0;
    place = place.map((index) => Math.max(0, Math.min(index, names.length - 1)));
    cells = counts.map((line, row) => line.map((_, column) => createCell(row, column)));
    table.replaceChildren(
      create("caption", "", {}, model.get("caption")),
      create("thead", "", {},
        create("tr", "", {},
          create("td"),
          create("th", "mnistlab-confusion-axis", { colspan: String(names.length), scope: "colgroup" }, "read as")),
        create("tr", "", {},
          create("th", "mnistlab-confusion-axis", { scope: "col" }, "is"),
          ...names.map((name) => create("th", "mnistlab-confusion-name", { scope: "col", title: name }, name)))),
      create("tbody", "", {}, ...cells.map((line, row) => create("tr", "", {},
        create("th", "mnistlab-confusion-name", { scope: "row", title: names[row] }, names[row]),
        ...line.map((node) => create("td", "", {}, node))))));
    mark();
    keepKeys(table);
    if (held && cells.length) cells[place[0]][place[1]].focus();
  }

  table.addEventListener("keydown", (event) => {
    if (!event.target.classList.contains("mnistlab-confusion-cell")) return;
    const last = cells.length - 1;
    const [row, column] = place;
    const step = ARROWS[event.key];
    const ends = { Home: [row, 0], End: [row, last] };
    const next = step ? [row + step[0], column + step[1]] : ends[event.key];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    if (next.some((index) => index < 0 || index > last)) return;
    place = next;
    mark();
    cells[place[0]][place[1]].focus();
  });
  table.addEventListener("focusin", (event) => {
    cells.forEach((line, row) => line.forEach((node, column) => {
      if (node === event.target) place = [row, column];
    }));
    mark();
  });
  listen(model, signal, ["version", "caption"], together(draw));
  listen(model, signal, ["chosen"], mark);
  draw();
}

export default { render };
