// Opens the home page where there is no connection. The server puts SITE = {version, shell} before this text.
/* global SITE */

const CACHE = `shell-${SITE.version}`;
const SHARED = "shared"; // the photo that another app shared, until the page takes it
const AWAY = [502, 503, 504];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SITE.shell)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => ![CACHE, SHARED].includes(name)).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

// Pictures and answers are never kept here: only the page's own files, which everybody gets alike.
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method === "POST" && origin === self.location.origin && pathname === "/share") event.respondWith(take(request));
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(kept(request));
  else if (request.mode === "navigate" && pathname === "/") event.respondWith(freshOrKept(request));
});

/** Put a shared photo aside, and open the page, which takes it. */
async function take(request) {
  const photo = (await request.formData()).get("photo");
  if (photo instanceof File) {
    const headers = { "Content-Type": photo.type, "X-Name": encodeURIComponent(photo.name) };
    await (await caches.open(SHARED)).put("/shared-photo", new Response(photo, { headers }));
  }
  return Response.redirect("/?shared", 303);
}

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
