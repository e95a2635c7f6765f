// Small tools. Every text goes in by textContent: what a gateway sent is never markup.
const at = (id) => document.getElementById(id);

function make(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "style") node.style.cssText = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return node;
}

const button = (words, props = {}, ...more) => make("button", { type: "button", ...props }, words, ...more);

// Worst first: one sign stands for many checks.
const STATUSES = [
  ["error", "!", "harness error"], ["fail", "✕", "fail"], ["untestable", "?", "untestable"], ["xpass", "↑", "stale expectation"],
  ["xfail", "≈", "expected failure"], ["warn", "▲", "warn"], ["pass", "✓", "pass"], ["blocked", "⊘", "not judged"], ["skip", "–", "not claimed"],
];
const SIGN = Object.fromEntries(STATUSES.map(([name, sign]) => [name, sign]));
const WORDS = Object.fromEntries(STATUSES.map(([name, , words]) => [name, words]));
const ORDER = Object.fromEntries(STATUSES.map(([name], place) => [name, place]));
const BAD = new Set(["error", "fail", "untestable", "xpass"]);
const QUIET = new Set(["pass", "blocked", "skip"]);
const worst = (statuses) => [...statuses].reduce((a, b) => (a === undefined || ORDER[b] < ORDER[a] ? b : a), undefined);

const many = (number, word, plural = `${word}s`) => `${number.toLocaleString("en")} ${number === 1 ? word : plural}`;
const badge = (status) => make("span", { class: `badge ${status}` }, make("i", { "aria-hidden": "true" }, SIGN[status]), WORDS[status]);

function link(url, words = url) {
  return /^https?:/.test(url) ? make("a", { href: url, rel: "noreferrer", target: "_blank" }, words) : make("span", {}, words);
}

function copyable(text) {
  const copy = button("copy", { class: "copy" });
  copy.addEventListener("click", () => navigator.clipboard?.writeText(text).then(() => (copy.textContent = "copied")));
  return make("div", { class: "copyable" }, copy, make("pre", { tabindex: "0" }, text));
}

/** A count for each key, in the order of first sight. */
function tally(items, key) {
  const counts = new Map();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

function collect(items, key) {
  const lists = new Map();
  for (const item of items) {
    const name = key(item);
    const list = lists.get(name);
    if (list) list.push(item);
    else lists.set(name, [item]);
  }
  return lists;
}

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
}

/** gzip in base64 → JSON */
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const json = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(json).json();
}
