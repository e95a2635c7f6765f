// The site: gateways by providers, and requirements by gateways. Each square opens what was found, and that what was seen.
const site = await unpack(at("site").textContent);
const { gateways } = site;
const requirements = new Map(site.requirements.map((one) => [one.id, one]));
const groups = [...new Set(site.requirements.map((one) => one.group))];
const surfaces = [...new Set(site.requirements.map((one) => one.id.split(".")[0]))];
const state = { q: "", provider: "", surface: "", group: "", level: "", status: new Set(), open: "", play: "" };

// A result of a gateway: requirement → [[provider, counts in the order of COUNTS]…].
const COUNTS = ["pass", "fail", "warn", "xfail", "xpass", "skip", "untestable", "error", "blocked"];
const results = new Map(gateways.map((gateway) => [gateway.slug, new Map(gateway.results.map(([place, parts]) => [site.requirements[place].id, parts]))]));

/** Adds counts up; nothing where nothing was judged. */
function told(parts) {
  const counts = Object.fromEntries(COUNTS.map((name, n) => [name, parts.reduce((sum, [, numbers]) => sum + numbers[n], 0)]));
  const present = COUNTS.filter((name) => counts[name] > 0);
  if (!present.length) return undefined;
  const judged = COUNTS.reduce((sum, name) => sum + (["skip", "blocked"].includes(name) ? 0 : counts[name]), 0);
  const status = worst(present);
  return { counts, judged, status, held: counts.pass + counts.xpass };
}

const ofProvider = (parts) => (state.provider ? parts?.filter(([provider]) => site.providers[provider] === state.provider) : parts) ?? [];

// ---- gateways by providers ----

function summary() {
  const mine = (one) => (!state.surface || one.id.startsWith(`${state.surface}.`)) && (!state.group || one.group === state.group) && (!state.level || one.level === state.level);
  const chosen = site.requirements.filter(mine);
  const rows = gateways.map((gateway) => {
    const parts = chosen.flatMap((one) => (results.get(gateway.slug).get(one.id) ?? []).map((part) => [one.id, ...part]));
    const byProvider = collect(parts, ([, provider]) => site.providers[provider]);
    // Over all providers a requirement counts once for each: one that only one of them breaks is not broken everywhere.
    return { gateway, byProvider: new Map([...byProvider].map(([provider, list]) => [provider, defects(list)])), all: defects(parts) };
  });
  const columns = site.providers.filter((provider) => rows.some(({ byProvider }) => byProvider.has(provider)));
  rows.sort((a, b) => (b.all?.share ?? -1) - (a.all?.share ?? -1));
  gateways.splice(0, gateways.length, ...rows.map(({ gateway }) => gateway));
  const head = make("tr", {}, make("th", { scope: "col" }, "gateway"), make("th", { scope: "col" }, make("span", {}, "all")), columns.map((name) => make("th", { scope: "col" }, make("span", {}, name))));
  const body = rows.map(({ gateway, byProvider, all }) => make("tr", {},
    make("th", { scope: "row" }, make("a", { href: `gateways/${gateway.slug}.html` }, gateway.project), make("small", { title: gateway.unverified }, ` ${gateway.version} · ${gateway.started.slice(0, 10)}${gateway.unverified ? " · profile from documents" : ""}`)),
    make("td", {}, share(gateway, "", all)),
    columns.map((name) => make("td", {}, byProvider.has(name) ? share(gateway, name, byProvider.get(name)) : make("span", { class: "none" }, "·")))));
  const note = "The share of the requirements, MUST and OBSERVED, that hold wherever they were judged. A click leads to what does not.";
  const region = { class: "scroll", tabindex: "0", role: "region", "aria-label": "Gateways by providers" };
  at("summary").replaceChildren(make("p", { class: "facts" }, note), make("div", region, make("table", { class: "overview" }, make("thead", {}, head), make("tbody", {}, body))));
}

/** How many of the requirements hold, of each provider; nothing where nothing was judged. */
function defects(list) {
  const binding = list.filter(([id]) => requirements.get(id).level !== "SHOULD");
  const judged = binding.map(([, ...part]) => told([part])?.status).filter((status) => status && status !== "skip" && status !== "blocked");
  if (!judged.length) return undefined;
  const holds = judged.filter((status) => status === "pass" || status === "xpass").length;
  return { share: holds / judged.length, holds, judged: judged.length, status: worst(judged) };
}

function share(gateway, provider, one) {
  if (!one) return make("span", { class: "none" }, "–");
  const words = `${gateway.project}${provider && `, ${provider}`}: ${one.holds} of ${many(one.judged, "requirement")} hold`;
  const percent = one.share === 1 ? "100" : Math.min(99, Math.floor(one.share * 100));
  return make("a", { class: `part ${one.status}`, href: `gateways/${gateway.slug}.html#view=${one.status === "pass" ? "requirements" : "findings"}${provider && `&provider=${provider}`}`, title: words, "aria-label": words, style: `--share: ${Math.round(4 + (1 - one.share) * 20)}%` }, `${percent} %`);
}

// ---- requirements by gateways ----

function wanted(one) {
  if (state.surface && !one.id.startsWith(`${state.surface}.`)) return false;
  if (state.group && one.group !== state.group) return false;
  if (state.level && one.level !== state.level) return false;
  const text = `${one.id} ${one.sentence}`.toLowerCase();
  if (!state.q.toLowerCase().split(/\s+/).every((word) => text.includes(word))) return false;
  const found = gateways.map((gateway) => told(ofProvider(results.get(gateway.slug).get(one.id)))?.status).filter(Boolean);
  return found.length > 0 && (!state.status.size || found.some((status) => state.status.has(status)));
}

function matrix() {
  const rows = site.requirements.filter(wanted);
  const body = make("tbody");
  let name;
  for (const one of rows) {
    if (one.group !== name) {
      name = one.group;
      body.append(make("tr", { class: "group" }, make("th", { colspan: gateways.length + 1, scope: "rowgroup" }, make("span", {}, name))));
    }
    body.append(make("tr", {}, make("th", { scope: "row" }, make("code", {}, one.id), make("span", { class: "level" }, ` ${one.level}`), make("span", { class: "says" }, one.sentence)), gateways.map((gateway) => square(gateway, one))));
  }
  at("shown").value = many(rows.length, "requirement");
  const head = make("tr", {}, make("td"), gateways.map((gateway) => make("th", { scope: "col" }, make("a", { href: `gateways/${gateway.slug}.html` }, gateway.project), make("small", {}, gateway.version))));
  at("view").replaceChildren(rows.length ? make("div", { class: "scroll" }, make("table", { class: "site" }, make("thead", {}, head), body)) : make("p", { class: "empty" }, "Nothing fits."));
  const first = at("view").querySelector(".square");
  if (first) first.tabIndex = 0;
}

function square(gateway, one) {
  const it = told(ofProvider(results.get(gateway.slug).get(one.id)));
  if (!it) return make("td", { class: "none" }, "·");
  const { status, judged, held } = it;
  const words = `${gateway.project}, ${one.id}: ${WORDS[status]}, holds in ${held} of ${many(judged, "check")}`;
  const more = judged && held < judged ? ` ${(judged - held).toLocaleString("en")}/${judged.toLocaleString("en")}` : "";
  return make("td", {}, button(SIGN[status] + more, { class: `part square ${status}`, tabindex: "-1", title: words, "aria-label": words, "data-gateway": gateway.slug, "data-requirement": one.id }));
}

function draw() {
  address();
  if (document.activeElement !== at("find")) at("find").value = state.q;
  document.querySelectorAll("[data-status]").forEach((node) => node.setAttribute("aria-pressed", String(state.status.has(node.dataset.status))));
  document.querySelectorAll("[data-choice]").forEach((node) => { node.value = state[node.dataset.choice]; node.classList.toggle("set", Boolean(node.value)); });
  at("reset").hidden = !(state.q || state.status.size || state.provider || state.surface || state.group || state.level);
  summary();
  matrix();
}

// ---- one square ----

let opener;

async function open(key, wantedPlay = "") {
  const [slug, id] = key.split("/");
  const [gateway, one] = [gateways.find((known) => known.slug === slug), requirements.get(id)];
  if (!gateway || !one) return;
  if (!at("detail").open) opener = document.activeElement;
  Object.assign(state, { open: key, play: wantedPlay });
  address();
  at("detail-title").replaceChildren(make("code", {}, id), make("small", {}, `${gateway.project} ${gateway.version} — ${one.level}: ${one.sentence}`));
  const counts = (results.get(slug).get(id) ?? []).map(([provider, numbers]) => [site.providers[provider], told([[provider, numbers]])]);
  const chips = counts.map(([provider, it]) => make("li", { class: it.status }, make("b", {}, SIGN[it.status]), ` ${provider} ${it.held}/${it.judged}`));
  const found = make("div", { "aria-live": "polite" });
  const seen = make("div", { id: "seen", "aria-live": "polite" });
  at("detail-body").replaceChildren(
    make("p", { class: "facts" }, "Source: ", link(one.source.url), ` (${one.source.date})`),
    make("ul", { class: "by" }, chips),
    make("p", {}, make("a", { href: `gateways/${slug}.html#requirement=${id}` }, `In the report of ${gateway.project}`)),
    found, seen);
  if (!at("detail").open) at("detail").showModal();
  at("detail-title").focus();
  const list = (await load("", `findings/${slug}`, id)).flatMap(({ places, ...part }) => places.map(([scenario, cell, kept]) => ({ ...part, id, scenario, cell, kept })));
  if (state.open !== key) return;
  found.replaceChildren(...(list.length ? foundIn(list.filter((check) => !state.provider || check.cell.split("/")[1] === state.provider)) : [make("p", { class: "facts" }, "Nothing was found against it.")]));
  const first = list.find((check) => play(check) === wantedPlay);
  if (first) openPlace(first);
}

async function openPlace(check) {
  const slug = state.open.split("/")[0];
  state.play = play(check);
  address();
  const one = (await load("", `evidence/${slug}`, check.scenario)).find((seen) => play(seen) === play(check));
  if (!at("seen") || state.play !== play(check)) return;
  const title = make("h2", { tabindex: "-1" }, check.scenario, make("small", {}, ` ${check.cell}`));
  at("seen").replaceChildren(title, one ? wire(one) : make("p", { class: "facts" }, "What was on the wire is not kept here: it shows nothing that others do not."));
  at("seen").scrollIntoView({ block: "start" });
  title.focus({ preventScroll: true });
}

// ---- address, filters, keys ----

function address() {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(state)) {
    const text = value instanceof Set ? [...value].join(",") : value;
    if (text) said.set(name, text);
  }
  const text = said.toString().replaceAll("%2F", "/").replaceAll("%40", "@").replaceAll("%2C", ",");
  if (`#${text}` !== location.hash) history.replaceState(null, "", `#${text}`);
}

function follow() {
  const said = new URLSearchParams(location.hash.slice(1));
  for (const name of Object.keys(state)) state[name] = name === "status" ? new Set((said.get(name) ?? "").split(",").filter((status) => status in SIGN)) : said.get(name) ?? "";
  draw();
  if (state.open) open(state.open, state.play);
}

function filters() {
  const levels = [...new Set(site.requirements.map((one) => one.level))];
  const choices = [["provider", site.providers], ["surface", surfaces], ["group", groups], ["level", levels]];
  at("choices").append(...choices.map(([name, values]) => make("select", { "data-choice": name, "aria-label": name, onchange: (event) => { state[name] = event.target.value; draw(); } }, make("option", { value: "" }, `every ${name}`), values.map((value) => make("option", { value }, value)))));
  const present = new Set(gateways.flatMap((gateway) => gateway.results.map(([, parts]) => told(parts)?.status)));
  at("statuses").append(...STATUSES.filter(([name]) => present.has(name)).map(([name, sign, words]) => button([make("i", { "aria-hidden": "true" }, sign), words], { class: `chip ${name}`, "data-status": name, onclick: () => { if (!state.status.delete(name)) state.status.add(name); draw(); } })));
  at("find").addEventListener("input", () => { state.q = at("find").value.trim(); draw(); });
  at("reset").addEventListener("click", () => { Object.assign(state, { q: "", status: new Set(), provider: "", surface: "", group: "", level: "" }); draw(); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
}

function focusOn(node) {
  if (!node) return;
  document.querySelectorAll('.square[tabindex="0"]').forEach((other) => (other.tabIndex = -1));
  node.tabIndex = 0;
  node.focus();
  node.scrollIntoView({ block: "nearest" });
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { key, target } = event;
  if (/^(INPUT|SELECT)$/.test(target.tagName)) { if (key === "Escape") target.blur(); return; }
  const all = [...document.querySelectorAll(".square")];
  const here = all.indexOf(document.activeElement);
  const bad = (node) => [...BAD].some((status) => node.classList.contains(status));
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  if (key === "/") { event.preventDefault(); at("find").focus(); }
  else if (key === "?") at("help").showModal();
  else if (key === "t") theme();
  else if (key === "n") focusOn(all.find((node, n) => n > here && bad(node)) ?? all.find(bad));
  else if (key === "p") focusOn(all.findLast((node, n) => (here < 0 || n < here) && bad(node)) ?? all.findLast(bad));
  else if (here >= 0 && key in steps) { event.preventDefault(); focusOn(all[here + steps[key]]); }
  else if (here >= 0 && /^Arrow(Up|Down)$/.test(key)) {
    event.preventDefault();
    const column = all.filter((node) => node.dataset.gateway === target.dataset.gateway);
    focusOn(column[column.indexOf(target) + (key === "ArrowUp" ? -1 : 1)]);
  }
}

filters();
follow();
document.addEventListener("keydown", keys);
at("theme").addEventListener("click", theme);
at("ask").addEventListener("click", () => at("help").showModal());
at("view").addEventListener("click", (event) => { const node = event.target.closest(".square"); if (node) open(`${node.dataset.gateway}/${node.dataset.requirement}`); });
for (const dialog of document.querySelectorAll("dialog")) {
  dialog.querySelector(".close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}
at("detail").addEventListener("close", () => {
  Object.assign(state, { open: "", play: "" });
  address();
  opener?.focus();
});
addEventListener("hashchange", follow);
