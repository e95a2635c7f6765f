// Both sides of the wire of one play: requests, replies, when what came, what the provider was told to say.
function wire(one, script) {
  const views = [];
  const numbered = (list, n) => (list.length > 1 ? ` ${n + 1}` : "");
  one.client.forEach((call, n) => views.push([`Client request${numbered(one.client, n)}`, () => [message(call.request)]]));
  one.upstream.forEach((call, n) => {
    const number = numbered(one.upstream, n);
    views.push([`Upstream request${number}`, () => [sent(call), message(call.request)]]);
    views.push([`Provider's bytes${number}`, () => [message(call.reply), make("p", { class: "facts" }, call.aborted ? "The gateway hung up before the end." : "Sent to its end.")]]);
  });
  if (!one.upstream.length) views.push(["Upstream request", () => [make("p", {}, "The gateway asked nothing of the provider.")]]);
  one.client.forEach((call, n) => views.push([`Client's bytes${numbered(one.client, n)}`, () => [call.reply ? message(call.reply) : make("p", {}, "Nothing came back."), make("p", { class: "facts" }, `ended: ${call.end}`)]]));
  views.push(["Time line", () => timeline(one)]);
  if (script) views.push(["Script", () => [copyable(typeof script === "string" ? script : JSON.stringify(script, null, 2))]]);
  return make("section", { class: "wire", "aria-label": "Both sides of the wire" }, tabs(views));
}

function tabs(views) {
  const panel = make("div", { role: "tabpanel", tabindex: "0" });
  const bar = make("div", { class: "tabs", role: "tablist", "aria-label": "Both sides of the wire" });
  const show = (n, focused) => {
    [...bar.children].forEach((tab, i) => { tab.setAttribute("aria-selected", String(i === n)); tab.tabIndex = i === n ? 0 : -1; });
    panel.setAttribute("aria-label", views[n][0]);
    panel.replaceChildren(...views[n][1]());
    if (focused) bar.children[n].focus();
  };
  views.forEach(([name], n) => bar.append(button(name, { role: "tab", onclick: () => show(n) })));
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
  const against = list.length ? [make("p", { class: "facts" }, "Against the provider's document:"), make("ul", {}, list)] : [];
  return make("div", {}, make("p", { class: "facts" }, facts.join(" · ")), against);
}

function message(one) {
  const first = one.status !== undefined ? `HTTP ${one.status}` : `${one.method ?? ""} ${one.path ?? ""}`;
  const headers = one.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const length = one.base64 ? `${one.length} bytes, shown as base64` : `${one.length} bytes`;
  const body = one.length ? [make("p", { class: "facts" }, length), make("pre", { tabindex: "0" }, pretty(one))] : [];
  return make("div", {}, make("pre", { tabindex: "0" }, [first, headers].join("\n").trim()), body);
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
  const cut = !reply || whole.length !== reply.length;
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
    const marks = moments.map(([ms]) => make("i", { style: `left:${Math.max(0, (ms / end) * 100).toFixed(2)}%`, title: `${ms.toFixed(2)} ms` }));
    return make("div", { class: `time ${side}`, role: "img", "aria-label": `${name}: ${many(moments.length, "piece")}` }, make("span", {}, name), marks);
  };
  const rows = lanes.flatMap(([name, , moments]) => moments.map(([ms, data]) => [ms, name, data])).sort((a, b) => a[0] - b[0]);
  const list = rows.slice(0, 1000).map(([ms, name, data]) => make("tr", {}, make("td", {}, `${ms.toFixed(2)} ms`), make("td", {}, name), make("td", {}, data)));
  const axis = make("div", { class: "axis" }, make("span", {}, "0"), make("span", {}, `${end.toFixed(1)} ms`));
  return [...lanes.map(strip), axis, make("table", { class: "moments" }, make("tbody", {}, list))];
}
