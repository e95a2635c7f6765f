// What was found about a requirement: findings that are alike once, with all their places.
const PLACES = 14;
const FINDINGS = 12;
const NOTES = 3;
const play = ({ scenario, cell }) => `${scenario}@${cell}`;

/** The findings among these checks, the worst first. */
function foundIn(list) {
  const distinct = [...collect(list, alike).values()].sort((a, b) => ORDER[a[0].status] - ORDER[b[0].status] || b.length - a.length);
  const nodes = distinct.slice(0, FINDINGS).map(found);
  if (distinct.length <= FINDINGS) return nodes;
  const more = button(many(distinct.length - FINDINGS, "more finding"), { class: "chip", onclick: () => more.replaceWith(...distinct.slice(FINDINGS).map(found)) });
  return [...nodes, more];
}

/** What is the same but for the numbers, names and ids that are drawn. */
function alike({ status, pointer, expected, actual }) {
  const plain = (text) => text?.replace(/"[^"]*\d[^"]*"|[\w-]*\d[\w-]*/g, "#");
  return JSON.stringify([status, plain(pointer), plain(expected), plain(actual)]);
}

/** One finding, as it is at the first of its places, and all of them. */
function found(list) {
  // What can be seen comes first.
  const [check] = list.sort((a, b) => (b.kept ?? 0) - (a.kept ?? 0));
  const facts = [["where", check.pointer], ["expected", check.expected], ["got", check.actual]].filter(([, value]) => value !== undefined);
  const rows = facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  const told = check.notes ?? [];
  const notes = told.slice(0, NOTES).map((note) => make("p", { class: "facts" }, note));
  if (told.length > NOTES) notes.push(make("p", { class: "facts" }, `and ${told.length - NOTES} more`));
  const where = make("div", { class: "places" });
  const add = (some) => where.append(...some.map((one) => place(one)));
  add(list.slice(0, PLACES));
  if (list.length > PLACES) {
    const more = button(`${list.length - PLACES} more`, { class: "chip", onclick: () => { more.remove(); add(list.slice(PLACES)); } });
    where.append(more);
  }
  return make("article", { class: `found ${check.status}` }, rows.length ? make("dl", {}, rows) : undefined, notes, where);
}

function place(check) {
  const [, provider, mode] = check.cell.split("/");
  return button([make("b", {}, provider), ` ${mode} `, make("code", {}, check.scenario)], { class: `place ${check.status}${check.kept === false ? " unseen" : ""}`, title: check.kept === false ? "What was on the wire is not kept" : undefined, "data-play": play(check), onclick: () => openPlace(check) });
}
