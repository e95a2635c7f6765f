// Furnishes the page from the JSON inside it. Every text goes in by textContent: what a gateway sent is never markup.
const at = (id) => document.getElementById(id);
const report = await unpack(at("report").textContent);
spread();

/** gzip in base64 → JSON */
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const json = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(json).json();
}

/** What stands in sets, one by one. */
function spread() {
  report.checks = [];
  for (const { places, ...found } of report.findings)
    for (const [scenario, cell] of places) report.checks.push({ ...found, scenario: report.scenarios[scenario].id, cell: report.cells[cell].id });
  for (const { status, notes, scenario, cells, requirements } of report.alike)
    for (const cell of cells)
      for (const id of requirements) report.checks.push({ id: report.requirements[id].id, scenario, cell: report.cells[cell].id, status, notes });
}

function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

// Worst first: one sign stands for many checks.
const STATUSES = [
  ["error", "!", "harness error"], ["fail", "✕", "fail"], ["untestable", "?", "untestable"], ["xpass", "↑", "stale expectation"],
  ["warn", "▲", "warn"], ["xfail", "≈", "expected failure"], ["pass", "✓", "pass"], ["skip", "–", "not claimed"],
];
const SIGN = Object.fromEntries(STATUSES.map(([name, sign]) => [name, sign]));
const WORDS = Object.fromEntries(STATUSES.map(([name, , words]) => [name, words]));
const BAD = new Set(["fail", "untestable", "xpass", "error"]);
const worst = (checks) => STATUSES.find(([name]) => checks.some((check) => check.status === name))?.[0];

const scenarios = new Map(report.scenarios.map((row) => [row.id, row]));
const requirements = new Map(report.requirements.map((one) => [one.id, one]));
const play = ({ scenario, cell }) => `${scenario}@${cell}`;
const evidence = new Map(report.evidence.map((one) => [play(one), one]));
const byRow = { scenario: index("scenario"), requirement: index("id") };

/** row → column → checks */
function index(member) {
  const rows = new Map();
  for (const check of report.checks) {
    const row = rows.get(check[member]) ?? rows.set(check[member], new Map()).get(check[member]);
    (row.get(check.cell) ?? row.set(check.cell, []).get(check.cell)).push(check);
  }
  return rows;
}

const state = { rows: "scenario", find: "", statuses: new Set(), hidden: new Set() };

// ---- head ----

function head() {
  const { implementation: subject, summary, suite, environment } = report;
  at("subject").append(subject.project || environment.url, make("small", {}, subject.version || ""));
  const good = summary.exitCode === 0;
  const tiles = [
    tile(good ? "As expected" : "Not as expected", `exit code ${summary.exitCode}`, `verdict ${good ? "" : "bad"}`),
    ...STATUSES.filter(([name]) => summary[name] > 0).map(([name, sign, words]) => tile(`${sign} ${summary[name]}`, words, name)),
    tile(summary.plays, `plays in ${(environment.durationMs / 1000).toFixed(1)} s`, ""),
    tile(suite.requirements, `requirements, ${suite.scenarios} scenarios`, ""),
  ];
  at("summary").append(...tiles);
  facts();
}

function tile(number, words, tone) {
  return make("div", { class: `tile ${tone}` }, make("b", {}, String(number)), make("span", {}, words));
}

function facts() {
  const { suite, environment: run, implementation: subject, expectations } = report;
  const rows = [
    ["Suite", `${suite.name} ${suite.version}, digest ${suite.digest}`], ["Subject", [subject.organization, subject.url, ...subject.contact].filter(Boolean).join(" · ")],
    ["Profile", run.profile], ["Address", run.url], ["Started", run.started], ["Seed", run.seed], ["Jobs", run.jobs],
    ["Selected", [...run.select, ...run.surfaces, ...run.providers, ...(run.quick ? ["the quick subset"] : [])].join(" ") || "everything"], ["Machine", `${run.os} ${run.arch}`],
    ...(report.unclaimed.length ? [["Not claimed", report.unclaimed.join(", ")]] : []),
    ...expectations.used.map((one) => ["Expected failure", `${one.id}: ${one.reason}`]),
    ...expectations.stale.map((one) => ["Stale expectation", `${one.id}: ${one.reason}`]),
  ];
  at("facts").append(...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
  for (const [name, text] of Object.entries(run.config)) at("config").append(make("h3", {}, name), make("pre", {}, text));
}

// ---- filters ----

function filters() {
  const rows = [["scenario", "scenarios"], ["requirement", "requirements"]];
  at("rows").append(...rows.map(([name, words]) => chip(words, "", () => state.rows === name, () => (state.rows = name))));
  const present = STATUSES.filter(([name]) => report.summary[name] > 0);
  at("statuses").append(...present.map(([name, sign, words]) => chip(words, name, () => state.statuses.has(name), () => toggle(state.statuses, name), sign)));
  for (const [member, title] of [["provider", "provider"], ["mode", "mode"], ["surface", "surface"]]) {
    const values = [...new Set(report.cells.map((cell) => cell[member]))];
    if (values.length < 2) continue;
    const key = (value) => `${title}=${value}`;
    at("columns").append(...values.map((value) => chip(value, "", () => !state.hidden.has(key(value)), () => toggle(state.hidden, key(value)))));
  }
  at("find").addEventListener("input", () => { state.find = at("find").value.trim().toLowerCase(); draw(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
}

function chip(words, tone, pressed, press, sign) {
  const node = make("button", { type: "button", class: `chip ${tone}`, "aria-pressed": String(pressed()) }, sign ? make("i", { "aria-hidden": "true" }, sign) : "", words);
  node.addEventListener("click", () => { press(); draw(); });
  node.refresh = () => node.setAttribute("aria-pressed", String(pressed()));
  return node;
}

function toggle(set, value) {
  if (!set.delete(value)) set.add(value);
}

const shownColumns = () => report.cells.filter((cell) => !["provider", "mode", "surface"].some((member) => state.hidden.has(`${member}=${cell[member]}`)));

function fits(row, cells) {
  const checks = [...cells.values()].flat();
  if (state.statuses.size && !checks.some((check) => state.statuses.has(check.status))) return false;
  if (!state.find) return true;
  const text = [row, label(row).title, ...checks.flatMap((check) => [check.id, check.scenario, requirements.get(check.id).sentence, check.actual ?? ""])].join("\n").toLowerCase();
  return state.find.split(/\s+/).every((word) => text.includes(word));
}

function label(row) {
  if (state.rows === "scenario") return { group: scenarios.get(row)?.group ?? "", title: scenarios.get(row)?.title ?? "" };
  const { level, sentence } = requirements.get(row);
  return { group: row.split(".").slice(0, 2).join("."), title: `${level}: ${sentence}` };
}

// ---- matrix ----

function draw() {
  document.querySelectorAll(".chip").forEach((node) => node.refresh());
  const shown = shownColumns();
  const order = state.rows === "scenario" ? [...scenarios.keys()].filter((id) => byRow.scenario.has(id)) : [...byRow.requirement.keys()].sort();
  const fitting = order.filter((row) => fits(row, byRow[state.rows].get(row)));
  // No row of one surface has anything in a column of another: a table each.
  const surfaces = [...new Set(shown.map((cell) => cell.surface))];
  const tables = surfaces.map((surface) => table(surface, shown.filter((cell) => cell.surface === surface), fitting));
  at("matrix").replaceChildren(...tables);
  at("shown").value = `${at("matrix").querySelectorAll("tbody tr:not(.group)").length} of ${byRow[state.rows].size} ${state.rows}s`;
  const first = at("matrix").querySelector(".cell");
  if (first) first.tabIndex = 0;
}

function table(surface, columns, order) {
  const body = make("tbody");
  let group;
  for (const row of order) {
    const cells = byRow[state.rows].get(row);
    if (!columns.some((cell) => cells.has(cell.id))) continue;
    const { group: name, title } = label(row);
    if (name !== group) {
      group = name;
      body.append(make("tr", { class: "group" }, make("th", { colspan: columns.length + 1, scope: "rowgroup" }, name)));
    }
    body.append(make("tr", {}, make("th", { scope: "row" }, make("code", {}, row), make("span", {}, title)), ...columns.map((cell) => square(row, cell, cells.get(cell.id)))));
  }
  const names = columns.map((cell) => make("th", { scope: "col" }, make("b", {}, cell.provider), cell.mode));
  return make("table", { class: "grid" }, make("caption", {}, surface), make("thead", {}, make("tr", {}, make("td"), ...names)), body);
}

function square(row, cell, checks) {
  if (!checks) return make("td", { class: "none" }, "·");
  const status = worst(checks);
  const same = checks.filter((check) => check.status === status).length;
  const words = `${row}, ${cell.provider} ${cell.mode}: ${same} of ${checks.length} ${WORDS[status]}`;
  const node = make("button", { type: "button", class: `cell ${status}`, tabindex: "-1", "aria-label": words, title: words, "data-row": row, "data-cell": cell.id });
  node.append(SIGN[status], BAD.has(status) ? ` ${same}` : "");
  node.addEventListener("click", () => open(row, cell.id));
  return make("td", {}, node);
}

const cells = () => [...at("matrix").querySelectorAll(".cell")];

function focus(node) {
  if (!node) return;
  cells().forEach((other) => (other.tabIndex = -1));
  node.tabIndex = 0;
  node.focus();
  node.scrollIntoView({ block: "nearest" });
}

function move(from, key) {
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const row = [...from.closest("tr").querySelectorAll(".cell")];
    return focus(row[row.indexOf(from) + (key === "ArrowLeft" ? -1 : 1)]);
  }
  const column = cells().filter((node) => node.dataset.cell === from.dataset.cell);
  focus(column[column.indexOf(from) + (key === "ArrowUp" ? -1 : 1)]);
}

function jump(step) {
  const all = cells();
  const bad = all.filter((node) => [...BAD].some((status) => node.classList.contains(status)));
  if (!bad.length) return;
  const here = all.indexOf(document.activeElement);
  const next = step > 0 ? bad.find((node) => all.indexOf(node) > here) ?? bad[0] : bad.findLast((node) => all.indexOf(node) < here) ?? bad.at(-1);
  focus(next);
}

// ---- detail ----

let opener;

function open(row, cell) {
  const checks = byRow[state.rows].get(row)?.get(cell);
  if (!checks) return;
  opener = document.activeElement;
  const parts = report.cells.find((one) => one.id === cell);
  at("detail-title").replaceChildren(row, make("small", {}, `${label(row).title} — ${parts.provider}, ${parts.mode}`));
  const order = (check) => STATUSES.findIndex(([name]) => name === check.status);
  const sorted = [...checks].sort((a, b) => order(a) - order(b));
  const body = sorted.filter((check) => check.status !== "pass").map(verdict);
  const passed = sorted.filter((check) => check.status === "pass");
  if (passed.length) body.push(held(passed));
  const ids = [...new Set(checks.map(play))];
  for (const id of ids.slice(0, 8)) if (evidence.has(id)) body.push(wire(evidence.get(id), ids.length > 1));
  at("detail-body").replaceChildren(...body);
  at("detail-body").scrollTop = 0;
  history.replaceState(null, "", `#${encodeURIComponent(state.rows)}/${encodeURIComponent(row)}/${encodeURIComponent(cell)}`);
  if (!at("detail").open) at("detail").showModal();
  at("detail-title").focus();
}

function verdict(check) {
  const { level, sentence, source } = requirements.get(check.id);
  const head = make("h3", {}, make("b", {}, `${SIGN[check.status]} ${WORDS[check.status]}`), make("code", {}, check.id), make("em", {}, level));
  const rows = [["where", check.pointer], ["expected", check.expected], ["got", check.actual], ["scenario", state.rows === "requirement" ? check.scenario : undefined]];
  const list = rows.filter(([, value]) => value !== undefined && value !== null).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  const node = make("article", { class: `check ${check.status}`, "data-id": check.id }, head, make("p", {}, sentence));
  if (list.length) node.append(make("dl", {}, ...list));
  for (const note of check.notes ?? []) node.append(make("p", { class: "facts" }, note));
  node.append(make("p", { class: "facts" }, "Source: ", link(source.url), ` (${source.date})`));
  if (!["pass", "skip"].includes(check.status)) node.append(copyable(`${report.environment.command} --select '${check.id}@${play(check)}'`));
  return node;
}

/** What holds, folded away: it is read when someone asks what was looked at. */
function held(checks) {
  const words = `${SIGN.pass} ${checks.length} ${checks.length === 1 ? "check passes" : "checks pass"}`;
  return make("details", { class: "more pass" }, make("summary", {}, words), ...checks.map(verdict));
}

function link(url) {
  return /^https?:/.test(url) ? make("a", { href: url, rel: "noreferrer", target: "_blank" }, url) : url;
}

function copyable(text) {
  const button = make("button", { type: "button", class: "copy" }, "copy");
  button.addEventListener("click", () => navigator.clipboard?.writeText(text).then(() => (button.textContent = "copied")));
  return make("pre", {}, button, text);
}

/** Both sides of the wire of one play. */
function wire(one, named) {
  const views = [];
  one.client.forEach((call, n) => {
    const many = one.client.length > 1 ? ` ${n + 1}` : "";
    views.push([`Client request${many}`, () => [message(call.request)]]);
    views.push([`Client reply${many}`, () => [call.reply ? message(call.reply) : make("p", {}, "Nothing came back."), make("p", { class: "facts" }, `ended: ${call.end}`)]]);
  });
  one.upstream.forEach((call, n) => {
    const many = one.upstream.length > 1 ? ` ${n + 1}` : "";
    views.push([`Upstream request${many}`, () => [sent(call), message(call.request)]]);
    views.push([`Upstream reply${many}`, () => [message(call.reply), make("p", { class: "facts" }, call.aborted ? "The gateway hung up before the end." : "Sent to its end.")]]);
  });
  views.push(["Time line", () => timeline(one)], ["Script", () => [make("pre", {}, JSON.stringify(scenarios.get(one.scenario)?.script ?? null, null, 2))]]);
  return make("section", { class: "wire", "aria-label": "Both sides of the wire" }, named ? make("h3", {}, play(one)) : "", tabs(views));
}

function tabs(views) {
  const panel = make("div", { role: "tabpanel", tabindex: "0" });
  const bar = make("div", { class: "tabs", role: "tablist" });
  const show = (n, focused) => {
    [...bar.children].forEach((tab, i) => { tab.setAttribute("aria-selected", String(i === n)); tab.tabIndex = i === n ? 0 : -1; });
    panel.replaceChildren(...views[n][1]());
    if (focused) bar.children[n].focus();
  };
  views.forEach(([name], n) => bar.append(make("button", { type: "button", role: "tab", onclick: () => show(n) }, name)));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.stopPropagation();
    show(([...bar.children].indexOf(document.activeElement) + step + views.length) % views.length, true);
  });
  show(0);
  return make("div", {}, bar, panel);
}

function sent(call) {
  const facts = [`to ${call.provider}`, `after ${call.ms.toFixed(1)} ms`, `credentials: ${call.auth}`];
  const list = call.violations.map((violation) => make("li", {}, violation));
  return make("div", {}, make("p", { class: "facts" }, facts.join(" · ")), list.length ? make("ul", {}, ...list) : "");
}

function message(one) {
  const first = one.status !== undefined ? `HTTP ${one.status}` : `${one.method ?? ""} ${one.path ?? ""}`;
  const headers = one.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const cut = one.base64 ? `${one.length} bytes, shown as base64` : `${one.length} bytes`;
  return make("div", {}, make("pre", {}, [first, headers].join("\n").trim()), make("p", { class: "facts" }, cut), make("pre", {}, pretty(one)));
}

function pretty(one) {
  if (one.base64 || !/^\s*[{[]/.test(one.body)) return one.body;
  try {
    // Numbers beyond 2^53 would change: such a body is shown as it came.
    const text = JSON.stringify(JSON.parse(one.body));
    return text.replace(/\s/g, "").length === one.body.replace(/\s/g, "").length ? JSON.stringify(JSON.parse(one.body), null, 2) : one.body;
  } catch { return one.body; }
}

/** The moments of a reply, each with the bytes of the body that came then. */
function pieces({ reply, timeline }) {
  const whole = reply && !reply.base64 ? new TextEncoder().encode(reply.body) : new Uint8Array();
  const cut = reply && whole.length !== reply.length;
  let from = 0;
  return timeline.map(({ ms, bytes, event }) => {
    const piece = cut ? undefined : new TextDecoder().decode(whole.subarray(from, from += bytes ?? 0));
    return [ms, event ?? piece ?? `${bytes} bytes`];
  });
}

function timeline(one) {
  const lanes = [
    ...one.upstream.map((call) => ["provider", "up", call.timeline.map(({ ms, event }) => [ms, event])]),
    ...one.client.map((call) => ["client", "down", pieces(call)]),
  ];
  const end = Math.max(1, ...lanes.flatMap(([, , moments]) => moments.map(([ms]) => ms)));
  const strip = ([name, side, moments]) => {
    const marks = moments.map((moment) => make("i", { style: `left:${((moment[0] / end) * 100).toFixed(2)}%`, title: `${moment[0].toFixed(2)} ms` }));
    return make("div", { class: `time ${side}`, role: "img", "aria-label": `${name}: ${moments.length} pieces` }, make("span", {}, name), ...marks);
  };
  const rows = lanes.flatMap(([name, , moments]) => moments.map(([ms, data]) => [ms, name, data])).sort((a, b) => a[0] - b[0]);
  const list = rows.slice(0, 1000).map(([ms, name, data]) => make("tr", {}, make("td", {}, `${ms.toFixed(2)} ms`), make("td", {}, name), make("td", {}, data)));
  const axis = make("div", { class: "axis" }, make("span", {}, "0"), make("span", {}, `${end.toFixed(1)} ms`));
  return [...lanes.map(strip), axis, make("table", { class: "moments" }, make("tbody", {}, ...list))];
}

// ---- keys, theme, address ----

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("detail").open) return;
  if (event.target === at("find")) { if (event.key === "Escape") at("find").blur(); return; }
  if (event.key === "/") { event.preventDefault(); at("find").focus(); }
  else if (event.key === "n") jump(1);
  else if (event.key === "p") jump(-1);
  else if (event.key.startsWith("Arrow") && event.target.classList?.contains("cell")) { event.preventDefault(); move(event.target, event.key); }
}

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
}

function follow() {
  const [rows, row, cell] = location.hash.slice(1).split("/").map(decodeURIComponent);
  if (!byRow[rows]?.get(row)?.has(cell)) return;
  state.rows = rows;
  draw();
  open(row, cell);
}

head();
filters();
draw();
follow();
document.addEventListener("keydown", keys);
at("theme").addEventListener("click", theme);
at("close").addEventListener("click", () => at("detail").close());
at("detail").addEventListener("click", (event) => { if (event.target === at("detail")) at("detail").close(); });
at("detail").addEventListener("close", () => {
  history.replaceState(null, "", location.pathname + location.search);
  opener?.focus();
});
addEventListener("hashchange", follow);
