// The matrix: scenarios or requirements by cells, a table a surface.
let byRow;

function grid() {
  const member = state.view === "scenarios" ? "scenario" : "id";
  const shown = checks.filter(wanted);
  byRow = collect(shown, (check) => check[member]);
  const order = (member === "scenario" ? report.scenarios : report.requirements).map((row) => row.id).filter((id) => byRow.has(id));
  at("shown").value = `${many(order.length, member === "id" ? "requirement" : "scenario")}, ${many(shown.length, "check")}`;
  const tables = surfaces.map((surface) => gridOf(surface, order)).filter(Boolean);
  const legend = make("p", { class: "facts legend" }, STATUSES.filter(([name]) => report.summary[name] > 0).map(([name, sign, words]) => make("span", { class: name }, `${sign} ${words}`)), make("span", {}, "· not played"));
  return tables.length ? [legend, ...tables] : [make("p", { class: "empty" }, "Nothing fits.")];
}

const title = (row) => (state.view === "scenarios" ? scenarios.get(row)?.title : requirements.get(row) && `${requirements.get(row).level}: ${requirements.get(row).sentence}`) ?? "";
const rowGroup = (row) => (state.view === "scenarios" ? scenarios.get(row)?.group : group(row)) ?? "";

function gridOf(surface, order) {
  const columns = report.cells.filter((cell) => cell.surface === surface && (!state.provider || cell.provider === state.provider));
  const names = new Set(columns.map((cell) => cell.id));
  const body = make("tbody");
  let name;
  for (const row of order) {
    const byCell = collect(byRow.get(row).filter((check) => names.has(check.cell)), (check) => check.cell);
    if (!byCell.size) continue;
    if (rowGroup(row) !== name) {
      name = rowGroup(row);
      body.append(make("tr", { class: "group" }, make("th", { colspan: columns.length + 1, scope: "rowgroup" }, make("span", {}, name))));
    }
    body.append(make("tr", {}, make("th", { scope: "row" }, make("code", {}, row), make("span", {}, title(row))), columns.map((cell) => square(row, cell, byCell.get(cell.id)))));
  }
  if (!body.children.length) return undefined;
  const heads = columns.map((cell, n) => make("th", { scope: "col", class: cell.provider === columns[n - 1]?.provider ? "" : "first" }, make("span", {}, `${cell.provider} ${cell.mode}`)));
  const head = make("thead", {}, make("tr", {}, make("td"), heads));
  return make("div", { class: "scroll" }, make("table", { class: "grid" }, make("caption", {}, surface), head, body));
}

function square(row, cell, list) {
  if (!list) return make("td", { class: "none" }, "·");
  const status = worst(list.map((check) => check.status));
  const same = list.filter((check) => check.status === status).length;
  const words = `${row}, ${cell.provider} ${cell.mode}: ${same} of ${list.length} ${WORDS[status]}`;
  return make("td", {}, make("button", { type: "button", class: `cell ${status}`, tabindex: "-1", "aria-label": words, title: words, "data-row": row, "data-cell": cell.id }, SIGN[status]));
}

/** Where a square leads: the play, or, of a requirement, the first one that shows it worst. */
function openSquare({ row, cell }) {
  const list = byRow.get(row).filter((check) => check.cell === cell);
  const status = worst(list.map((check) => check.status));
  open(play(list.find((check) => check.status === status)), state.view === "requirements" ? row : undefined);
}

const squares = () => [...document.querySelectorAll("#view .cell")];

function focusOn(node) {
  if (!node) return;
  document.querySelectorAll('#view .cell[tabindex="0"]').forEach((other) => (other.tabIndex = -1));
  if (node.classList.contains("cell")) node.tabIndex = 0;
  node.focus();
  node.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function move(from, key) {
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const row = [...from.closest("tr").querySelectorAll(".cell")];
    return focusOn(row[row.indexOf(from) + (key === "ArrowLeft" ? -1 : 1)]);
  }
  const column = squares().filter((node) => node.dataset.cell === from.dataset.cell);
  focusOn(column[column.indexOf(from) + (key === "ArrowUp" ? -1 : 1)]);
}
