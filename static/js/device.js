// What this browser keeps on this device: the photo, the choices and the last paintings. Nothing of it is sent anywhere.

const NAME = "stylekit";
const STORES = ["session", "photos", "paintings"];
const CURRENT = "current";
const MOST_PAINTINGS = 24;

let opened = null;

/** The photo file and the choices that were there last: {photo, style, own, settings, painting}, or null. */
export async function session() {
  const found = await ask("session", "readonly", (store) => store.get(CURRENT));
  if (!found) return null;
  const photo = found.photo ? await ask("photos", "readonly", (store) => store.get(found.photo)) : null;
  return { ...found, photo };
}

/** Remember the choices; `photo` is the key that `keepPhoto` gave. */
export function keepSession(choices) {
  return ask("session", "readwrite", (store) => store.put(choices, CURRENT));
}

/** Keep a photo's file, and where it was sent; resolves with its key. */
export async function keepPhoto({ file }, more = {}) {
  const key = `${file.name} ${file.size} ${file.lastModified}`;
  await ask("photos", "readwrite", (store) => store.put({ key, file, ...more }, key));
  return key;
}

/** The photo of a painting: {file}, or null. */
export function photo(key) {
  return ask("photos", "readonly", (store) => store.get(key));
}

/** Keep a painting {photo, picture, thumb, style, settings, …}; resolves with its number. The oldest make room. */
export async function keepPainting(painting) {
  const id = await ask("paintings", "readwrite", (store) => store.add(painting));
  await tidy();
  return id;
}

/** Change what is kept of a painting. */
export async function changePainting(id, more) {
  const found = id && await painting(id);
  if (found) await ask("paintings", "readwrite", (store) => store.put({ ...found, ...more }, id));
}

/** One painting. */
export function painting(id) {
  return ask("paintings", "readonly", (store) => store.get(id));
}

/** [{id, thumb, name}], newest first: without the pictures themselves, which need memory. */
export async function paintings() {
  const found = [];
  await each("paintings", (id, { thumb, name }) => { found.unshift({ id, thumb, name }); });
  return found;
}

/** Forget one painting; resolves with what it was, so that it can be put back. */
export async function removePainting(id) {
  const was = await painting(id);
  await ask("paintings", "readwrite", (store) => store.delete(id));
  return was;
}

/** Put a painting back that was forgotten. */
export function restorePainting(id, was) {
  return ask("paintings", "readwrite", (store) => store.put(was, id));
}

/** Forget everything. */
export async function clear() {
  for (const name of STORES) await ask(name, "readwrite", (store) => store.clear());
}

/** No more than so many paintings, and no photo that none of them has. */
async function tidy() {
  const kept = [];
  await each("paintings", (id, { photo: key }) => { kept.push({ id, key }); });
  for (const { id } of kept.splice(0, Math.max(0, kept.length - MOST_PAINTINGS))) {
    await ask("paintings", "readwrite", (store) => store.delete(id));
  }
  const needed = new Set(kept.map(({ key }) => key));
  const now = await ask("session", "readonly", (store) => store.get(CURRENT));
  needed.add(now?.photo);
  const keys = await ask("photos", "readonly", (store) => store.getAllKeys());
  for (const key of keys ?? []) {
    if (!needed.has(key)) await ask("photos", "readwrite", (store) => store.delete(key));
  }
}

function open() {
  opened ??= new Promise((resolve) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name, name === "paintings" ? { autoIncrement: true } : {});
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null); // private windows may refuse: the page works without
  });
  return opened;
}

/** What a request to a store gives; null where this browser keeps nothing or has no room. */
async function ask(name, mode, act) {
  const database = await open();
  if (!database) return null;
  return new Promise((resolve) => {
    const transaction = database.transaction(name, mode);
    const request = act(transaction.objectStore(name));
    transaction.oncomplete = () => resolve(request.result ?? null);
    transaction.onabort = () => resolve(null);
  });
}

async function each(name, act) {
  const database = await open();
  if (!database) return;
  await new Promise((resolve) => {
    const request = database.transaction(name, "readonly").objectStore(name).openCursor();
    request.onerror = () => resolve();
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) { resolve(); return; }
      act(cursor.primaryKey, cursor.value);
      cursor.continue();
    };
  });
}
