// The report inside the page, with every check spread out, and tables to find things by.
const report = await unpack(at("report").textContent);
const scenarios = new Map(report.scenarios.map((row) => [row.id, row]));
const requirements = new Map(report.requirements.map((one) => [one.id, one]));
const cells = new Map(report.cells.map((cell) => [cell.id, cell]));
const checks = spread();
const plays = collect(checks, play);
const surfaces = [...new Set(report.cells.map((cell) => cell.surface))];
const providers = [...new Set(report.cells.map((cell) => cell.provider))];
const groups = [...new Set(report.requirements.map((one) => one.group))];
const group = (id) => requirements.get(id).group;
const again = (check) => `${report.environment.command} --select '${check.id}@${play(check)}'`;
const short = (surface) => surface.split(".").pop();

/** What stands once or in sets, one by one, in the order of scenarios, cells and requirements. */
function spread() {
  const all = [];
  const number = (table) => new Map(table.map((one, n) => [one.id, n]));
  const [rows, ids] = [number(report.scenarios), number(report.requirements)];
  const add = (check, row, cell, id) => all.push({ ...check, id: report.requirements[id].id, scenario: report.scenarios[row].id, cell: report.cells[cell].id, order: (row * report.cells.length + cell) * ids.size + id });
  for (const { places, ...found } of report.findings)
    for (const [row, cell] of places) add({ ...found, found: true }, row, cell, ids.get(found.id));
  for (const { status, notes, scenario, cells, requirements } of report.alike)
    for (const cell of cells)
      for (const id of requirements) add({ status, notes }, rows.get(scenario), cell, id);
  return all.sort((a, b) => a.order - b.order);
}

// ---- what is shown: all of it is in the address, so that it can be sent to someone ----

const VIEWS = ["findings", "scenarios", "requirements", "run"];
const state = { view: "", q: "", status: new Set(), provider: "", surface: "", group: "", level: "", requirement: "", open: "" };

function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(state)) {
    const value = said.get(name) ?? "";
    state[name] = name === "status" ? new Set(value.split(",").filter((status) => status in SIGN)) : value;
  }
  if (!VIEWS.includes(state.view)) state.view = checks.some((check) => !QUIET.has(check.status)) ? "findings" : "scenarios";
}

function writeAddress(push = false) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    const text = value instanceof Set ? [...value].join(",") : value;
    if (text) said.set(name, text);
  }
  // What people send to each other should be readable: these need no escape in a fragment.
  const text = said.toString().replaceAll("%2F", "/").replaceAll("%40", "@").replaceAll("%2C", ",");
  if (`#${text}` !== location.hash) history[push ? "pushState" : "replaceState"](null, "", `#${text}`);
}

/** Whether a check is among those asked for. */
function wanted(check) {
  const cell = cells.get(check.cell);
  if (state.provider && cell.provider !== state.provider) return false;
  if (state.surface && cell.surface !== state.surface) return false;
  if (state.status.size && !state.status.has(check.status)) return false;
  const requirement = requirements.get(check.id);
  if (state.group && requirement.group !== state.group) return false;
  if (state.level && requirement.level !== state.level) return false;
  return !state.q || words().every((word) => text(check).includes(word));
}

let asked = ["", []];
const words = () => (asked[0] === state.q ? asked : (asked = [state.q, state.q.toLowerCase().split(/\s+/).filter(Boolean)]))[1];
const spoken = new Map();

function text(check) {
  const key = `${check.id} ${check.scenario} ${check.cell}`;
  const common = spoken.get(key) ?? spoken.set(key, `${key} ${requirements.get(check.id).sentence} ${scenarios.get(check.scenario)?.title ?? ""}`.toLowerCase()).get(key);
  if (!check.found && !check.notes?.length) return common;
  check.text ??= [common, check.pointer, check.expected, check.actual, ...(check.notes ?? [])].join(" ").toLowerCase();
  return check.text;
}
