// Opens the home page where there is no connection. The server puts SITE = {version, shell} before this text.
/* global SITE */

const CACHE = `shell-${SITE.version}`;
const AWAY = [502, 503, 504];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SITE.shell)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

// Pictures and answers are never kept here: only the page's own files, which everybody gets alike.
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(kept(request));
  else if (request.mode === "navigate" && pathname === "/") event.respondWith(freshOrKept(request));
});

async function kept(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** The server's page, and the one that is kept where the server is away. */
async function freshOrKept(request) {
  try {
    const answer = await fetch(request);
    if (!AWAY.includes(answer.status)) return answer;
    return (await caches.match("/")) ?? answer;
  } catch (error) {
    const page = await caches.match("/");
    if (page) return page;
    throw error;
  }
}
