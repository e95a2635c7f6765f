// The page itself: head, filters, views, keys.
function head() {
  const { implementation: subject, summary, environment } = report;
  at("subject").append(subject.project || environment.url, make("small", {}, subject.version || ""));
  const good = summary.exitCode === 0;
  const tiles = [
    tile(good ? "As expected" : "Not as expected", `exit code ${summary.exitCode}`, `verdict ${good ? "" : "bad"}`),
    ...STATUSES.filter(([name]) => summary[name] > 0).map(([name, sign, words]) => tile(`${sign} ${summary[name].toLocaleString("en")}`, words, name, () => {
      Object.assign(state, { view: QUIET.has(name) ? "scenarios" : "findings", status: new Set([name]) });
      draw();
    })),
    tile(summary.plays.toLocaleString("en"), `plays in ${(environment.durationMs / 1000).toFixed(1)} s`, "plain"),
    tile(report.requirements.length, `requirements, ${many(report.scenarios.length, "scenario")}`, "plain"),
  ];
  at("summary").append(...tiles);
  if (environment.died) at("summary").after(make("p", { class: "died", role: "alert" }, `The gateway died while the suite ran: ${environment.died}`));
}

function tile(number, words, tone, press) {
  const parts = [make("b", {}, String(number)), make("span", {}, words)];
  return press ? button(parts, { class: `tile ${tone}`, onclick: press }) : make("div", { class: `tile ${tone}` }, parts);
}

function run() {
  const { suite, environment: run, implementation: subject, expectations } = report;
  const asked = [...run.select, ...run.surfaces, ...run.providers, ...(run.quick ? ["the quick subset"] : [])].join(" ") || "everything";
  const rows = [
    ["Suite", `${suite.name} ${suite.version}, digest ${suite.digest}, ${suite.requirements} requirements, ${suite.scenarios} scenarios`],
    ["Subject", [subject.organization, subject.project, subject.version, subject.url, ...subject.contact].filter(Boolean).join(" · ")],
    ["Profile", subject.unverified ? `${run.profile}, written from documents and not run by its authors: ${subject.unverified}` : run.profile], ["Address", run.url], ["Again", run.command], ["Started", run.started], ["Seed", run.seed], ["Jobs", run.jobs], ["Selected", asked], ["Machine", `${run.os} ${run.arch}`],
    ...(report.unclaimed.length ? [["Not claimed", report.unclaimed.join(", ")]] : []),
    ...expectations.used.map((one) => ["Expected failure", `${one.id}: ${one.reason}`]),
    ...expectations.stale.map((one) => ["Stale expectation", `${one.id}: ${one.reason}`]),
  ];
  at("shown").value = "";
  const facts = make("dl", { class: "run" }, rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));
  return [facts, ...Object.entries(run.config).map(([name, text]) => make("details", { class: "more" }, make("summary", {}, name), make("pre", { tabindex: "0" }, text)))];
}

// ---- filters ----

function filters() {
  const titles = { findings: "Findings", scenarios: "By scenario", requirements: "By requirement", run: "How it was run" };
  at("views").append(...VIEWS.map((view, n) => button(titles[view], { class: "view", "data-view": view, title: `key ${n + 1}`, onclick: () => { state.view = view; draw(); } })));
  const present = new Set(checks.map((check) => check.status));
  at("statuses").append(...STATUSES.filter(([name]) => present.has(name)).map(([name, sign, words]) => button([make("i", { "aria-hidden": "true" }, sign), words], { class: `chip ${name}`, "data-status": name, onclick: () => { if (!state.status.delete(name)) state.status.add(name); draw(); } })));
  const levels = [...new Set(report.requirements.map((one) => one.level))];
  const choices = [["provider", providers], ["surface", surfaces], ["group", groups], ["level", levels]];
  at("choices").append(...choices.filter(([, values]) => values.length > 1).map(([name, values]) => {
    const options = [make("option", { value: "" }, `every ${name}`), ...values.map((value) => make("option", { value }, value))];
    return make("select", { "data-choice": name, "aria-label": name, onchange: (event) => { state[name] = event.target.value; draw(); } }, options);
  }));
  at("find").addEventListener("input", () => { state.q = at("find").value.trim(); soon(); });
  at("reset").addEventListener("click", () => { Object.assign(state, { q: "", status: new Set(), provider: "", surface: "", group: "", level: "", requirement: "" }); draw(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
}

let timer;
function soon() {
  clearTimeout(timer);
  timer = setTimeout(draw, 120);
}

function draw() {
  writeAddress();
  if (document.activeElement !== at("find")) at("find").value = state.q;
  document.querySelectorAll("[data-view]").forEach((node) => node.setAttribute("aria-pressed", String(node.dataset.view === state.view)));
  document.querySelectorAll("[data-status]").forEach((node) => node.setAttribute("aria-pressed", String(state.status.has(node.dataset.status))));
  document.querySelectorAll("[data-choice]").forEach((node) => { node.value = state[node.dataset.choice]; node.classList.toggle("set", Boolean(node.value)); });
  at("reset").hidden = !(state.q || state.status.size || state.provider || state.surface || state.group || state.level);
  const nodes = { findings, scenarios: grid, requirements: grid, run }[state.view]();
  at("view").replaceChildren(...nodes);
  const first = at("view").querySelector(".cell");
  if (first) first.tabIndex = 0;
}

// ---- keys and address ----

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || at("help").open) return;
  const { key, target } = event;
  if (/^(INPUT|SELECT)$/.test(target.tagName)) { if (key === "Escape") target.blur(); return; }
  if (at("detail").open) {
    if (key === "n") step(1);
    else if (key === "p") step(-1);
  } else if (key === "/") { event.preventDefault(); at("find").focus(); }
  else if (key === "?") at("help").showModal();
  else if (key === "t") theme();
  else if (key === "n") jump(1);
  else if (key === "p") jump(-1);
  else if ("1234".includes(key)) { state.view = VIEWS[key - 1]; draw(); }
  else if (key.startsWith("Arrow") && target.classList?.contains("cell")) { event.preventDefault(); move(target, key); }
}

function jump(by) {
  const bad = [...document.querySelectorAll([...BAD].map((status) => `#view .cell.${status}, #view details.requirement.${status} > summary`).join(", "))];
  if (!bad.length) return;
  const follows = (node) => document.activeElement.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING;
  const precedes = (node) => document.activeElement.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING;
  focusOn(by > 0 ? bad.find((node) => node !== document.activeElement && follows(node)) ?? bad[0] : bad.findLast((node) => node !== document.activeElement && precedes(node)) ?? bad.at(-1));
}

function follow() {
  readAddress();
  draw();
  const wantedOpen = state.open;
  if (wantedOpen && plays.has(wantedOpen)) open(wantedOpen);
  else if (at("detail").open) at("detail").close();
  if (state.requirement && !wantedOpen) document.querySelector(`details[data-id="${CSS.escape(state.requirement)}"]`)?.scrollIntoView();
}

head();
overview();
filters();
follow();
document.addEventListener("keydown", keys);
at("theme").addEventListener("click", theme);
at("ask").addEventListener("click", () => at("help").showModal());
at("view").addEventListener("click", (event) => { const cell = event.target.closest(".cell"); if (cell) openSquare(cell.dataset); });
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
at("previous").addEventListener("click", () => step(-1));
at("next").addEventListener("click", () => step(1));
at("detail").addEventListener("close", () => {
  state.open = "";
  writeAddress();
  opener?.focus();
});
addEventListener("popstate", follow);
addEventListener("beforeprint", () => document.querySelectorAll("details.requirement").forEach((node) => (node.open = true)));
