// Files beside the page that assign what they hold: a page from a disk may load scripts, but not fetch.
const loads = new Map();

/** What `folder/name.js` of the site holds, whose root is there; nothing where there is no such file. */
function load(root, folder, name) {
  const key = `${folder}/${name}`;
  const promise = loads.get(key) ?? new Promise((done) => {
    const finish = () => done(globalThis.touchstone?.[key] ?? []);
    const file = name.replace(/[^\w.-]/g, "_").replace(/^\./, "_.");
    document.head.append(make("script", { src: `${root}${folder}/${file}.js`, onload: finish, onerror: finish }));
  });
  loads.set(key, promise);
  return promise;
}
