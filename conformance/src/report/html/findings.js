// What does not hold, by requirement: what it says once, what was found, and everywhere it was found.

function findings() {
  const shown = checks.filter((check) => !QUIET.has(check.status) && wanted(check));
  const byRequirement = [...collect(shown, (check) => check.id)].map(([id, list]) => ({ id, list, status: worst(list.map((check) => check.status)) }));
  const spreadOver = ({ list }) => new Set(list.map((check) => cells.get(check.cell).provider)).size;
  byRequirement.sort((a, b) => ORDER[a.status] - ORDER[b.status] || spreadOver(b) - spreadOver(a) || b.list.length - a.list.length);
  at("shown").value = `${many(byRequirement.length, "requirement")}, ${many(shown.length, "check")}`;
  if (!byRequirement.length) return [make("p", { class: "empty" }, checks.some((check) => !QUIET.has(check.status)) ? "Nothing that does not hold is among what you ask for." : "Everything holds.")];
  const few = byRequirement.length <= 2;
  return byRequirement.map((one) => requirementBlock(one, few || one.id === state.requirement));
}

function requirementBlock({ id, list, status }, isOpen) {
  const { level, sentence, source } = requirements.get(id);
  const where = [...new Set(list.map((check) => cells.get(check.cell).provider))];
  const named = where.length > 6 ? `${where.slice(0, 5).join(", ")} and ${where.length - 5} more` : where.join(", ");
  const head = make("summary", {}, badge(status), make("code", {}, id), make("span", { class: "level" }, level), make("span", { class: "sentence" }, sentence), make("span", { class: "where" }, `${many(list.length, "place")}: ${named}`));
  const block = make("details", { class: `requirement ${status}`, "data-id": id, open: isOpen }, head);
  const fill = () => {
    if (block.querySelector(".found")) return;
    block.append(make("p", { class: "facts" }, "Source: ", link(source.url), ` (${source.date})`));
    block.append(...foundIn(list));
  };
  block.addEventListener("toggle", () => {
    if (block.open) fill();
    if (block.open !== (state.requirement === id)) {
      state.requirement = block.open ? id : "";
      writeAddress();
    }
  });
  if (isOpen) fill();
  return block;
}
