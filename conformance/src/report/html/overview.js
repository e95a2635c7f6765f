// One look: which provider fails on what. Providers by groups of requirements, worst first, a table a surface.
function overview() {
  const tables = surfaces.map(overviewOf).filter(Boolean);
  const fails = checks.some((check) => !QUIET.has(check.status));
  const words = fails ? "Requirements that do not hold, by provider; the worst come first. A click shows them." : "Everything that was judged holds.";
  at("overview").replaceChildren(make("h2", {}, fails ? "Where it fails" : "By provider"), make("p", { class: "facts" }, words), ...tables);
}

function overviewOf(surface) {
  const here = report.cells.filter((cell) => cell.surface === surface);
  const mine = new Set(here.map((cell) => cell.id));
  const shown = checks.filter((check) => mine.has(check.cell));
  const columns = groups.filter((name) => shown.some((check) => group(check.id) === name));
  if (shown.every((check) => check.status === "skip")) return undefined;
  const byProvider = collect(shown, (check) => cells.get(check.cell).provider);
  const rows = [...byProvider].map(([provider, list]) => ({ provider, parts: summary(list), all: tell(list) })).filter(({ all }) => all.status !== "skip");
  rows.sort((a, b) => weigh(b.all) - weigh(a.all));
  const head = make("tr", {}, make("th", { scope: "col" }, short(surface)), columns.map((name) => make("th", { scope: "col" }, make("span", {}, name.split(".").pop()))), make("th", { scope: "col" }, make("span", {}, "all")));
  const body = rows.map(({ provider, parts, all }) => make("tr", {},
    make("th", { scope: "row" }, provider),
    columns.map((name) => make("td", {}, parts.has(name) ? part(parts.get(name), { provider, surface, group: name }) : make("span", { class: "none" }, "·"))),
    make("td", { class: "sum" }, part(all, { provider, surface, group: "" }))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Requirements that do not hold, ${surface}` }, make("table", { class: "overview" }, make("thead", {}, head), make("tbody", {}, body)));
}

const summary = (list) => new Map([...collect(list, (check) => group(check.id))].map(([name, part]) => [name, tell(part)]));

/** The worst status, and how many requirements have it. */
function tell(list) {
  const by = new Map([...collect(list, (check) => check.id)].map(([id, own]) => [id, worst(own.map((check) => check.status))]));
  const status = worst(by.values());
  const counts = tally(by.values(), (one) => one);
  return { status, number: counts.get(status), requirements: by.size, counts, checks: list.length, bad: list.filter((check) => BAD.has(check.status)).length };
}

function weigh({ counts }) {
  return STATUSES.reduce((sum, [name], place) => sum * 1000 + (place < 6 ? counts.get(name) ?? 0 : 0), 0);
}

function part(told, place) {
  const { status, number, requirements: all, checks: total, bad } = told;
  const quiet = QUIET.has(status);
  const words = `${place.provider}, ${place.group || "all groups"}: ${number} of ${many(all, "requirement")} ${WORDS[status]}, ${bad} of ${many(total, "check")} not as required`;
  const press = () => {
    Object.assign(state, place, { view: quiet ? "requirements" : "findings", status: new Set(), level: "", q: "", requirement: "" });
    draw();
    at("views").scrollIntoView({ block: "start" });
  };
  return button(quiet ? SIGN[status] : `${SIGN[status]} ${number}`, { class: `part ${status}`, "aria-label": words, title: words, onclick: press });
}
