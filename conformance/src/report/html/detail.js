// One play: what was judged, and both sides of the wire.
const kept = new Map(report.evidence.map((one) => [play(one), one]));
let opener;

/** The evidence of a play: inside the page, or in a file beside it that assigns it, for pages from a disk may not fetch. */
async function evidence(key) {
  if (kept.has(key)) return kept.get(key);
  const folder = document.documentElement.dataset.evidence;
  if (!folder) return undefined;
  const scenario = key.split("@")[0];
  for (const one of await load("../", folder, scenario)) kept.set(play(one), one);
  return kept.get(key);
}

const openPlace = (check) => open(play(check));

function open(key, requirement) {
  const list = plays.get(key);
  if (!list) return;
  if (!at("detail").open) opener = document.activeElement;
  const { scenario, cell } = list[0];
  const { provider, mode, surface } = cells.get(cell);
  at("detail-title").replaceChildren(make("code", {}, scenario), make("small", {}, `${scenarios.get(scenario)?.title ?? ""} — ${provider}, ${mode}, ${surface}`));
  const sorted = [...list].sort((a, b) => (b.id === requirement) - (a.id === requirement) || ORDER[a.status] - ORDER[b.status]);
  const body = sorted.filter((check) => !QUIET.has(check.status) || check.id === requirement).map(verdict);
  const held = (status, words) => folded(status, sorted.filter((check) => check.status === status && check.id !== requirement), words);
  const seen = make("div", { "aria-live": "polite" });
  at("detail-body").replaceChildren(...body, ...[held("pass", ["check passes", "checks pass"]), held("skip", ["check is not claimed", "checks are not claimed"])].filter(Boolean), seen);
  at("detail-body").scrollTop = 0;
  state.open = key;
  writeAddress(!at("detail").open);
  if (!at("detail").open) at("detail").showModal();
  at("detail-title").focus();
  show(key, seen, list);
}

async function show(key, into, list) {
  const one = await evidence(key);
  if (state.open !== key) return;
  if (one) into.replaceChildren(wire(one, scenarios.get(one.scenario)?.script));
  else if (list.some((check) => check.status !== "skip")) into.replaceChildren(make("p", { class: "facts" }, "What was on the wire is not kept here: it shows nothing that others do not, or the report was told to leave it out. This plays it again:"), copyable(`${report.environment.command} --evidence all --select '*@${key}'`));
}

function verdict(check) {
  const { level, sentence, source } = requirements.get(check.id);
  const head = make("h3", {}, badge(check.status), make("code", {}, check.id), make("span", { class: "level" }, level));
  const rows = [["where", check.pointer], ["expected", check.expected], ["got", check.actual]].filter(([, value]) => value !== undefined);
  const node = make("article", { class: `check ${check.status}`, "data-id": check.id }, head, make("p", {}, sentence));
  if (rows.length) node.append(make("dl", {}, rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)])));
  for (const note of check.notes ?? []) node.append(make("p", { class: "facts" }, note));
  node.append(make("p", { class: "facts" }, "Source: ", link(source.url), ` (${source.date})`));
  if (!QUIET.has(check.status)) node.append(copyable(again(check)));
  return node;
}

/** What there is nothing to say of: it is read when someone asks what was looked at. */
function folded(status, list, [one, more]) {
  if (!list.length) return undefined;
  const node = make("details", { class: `more ${status}` }, make("summary", {}, `${SIGN[status]} ${many(list.length, one, more)}`));
  node.addEventListener("toggle", () => node.open && node.children.length === 1 && node.append(...list.map(verdict)));
  return node;
}

/** The next play that is not as required, among those that are shown. */
function step(by) {
  const bad = [...new Set(checks.filter((check) => BAD.has(check.status) && wanted(check)).map(play))];
  if (!bad.length) return;
  const here = bad.indexOf(state.open);
  open(bad[here < 0 ? (by > 0 ? 0 : bad.length - 1) : (here + by + bad.length) % bad.length]);
}
