/** A plain static file server for the built site, under any base path: `node scripts/serve.mjs [port] [base]`. */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".wasm": "application/wasm",
  ".md": "text/markdown; charset=utf-8",
};

/** The request's path, or "" for one that names no file (`/%zz`, `/%00`). */
function pathOf(url) {
  try {
    const path = decodeURIComponent(new URL(url, "http://localhost").pathname);
    return path.includes("\0") ? "" : path;
  } catch {
    return "";
  }
}

/** Serves `folder` at `http://localhost:<port><base>`; a missing file is a 404, never the page. */
export function serve(folder, port, base = "/") {
  const root = resolve(folder);
  const server = createServer((request, response) => {
    const path = pathOf(request.url);
    const inside = path.startsWith(base) ? join(root, path.slice(base.length)) : "";
    const file = path.endsWith("/") ? join(inside, "index.html") : inside;
    const stat = file.startsWith(root + sep) ? statSync(file, { throwIfNoEntry: false }) : undefined;
    if (!stat?.isFile()) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
      return;
    }
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, {
      "content-type": type,
      "content-length": stat.size,
      "cache-control": "no-cache",
    });
    createReadStream(file).pipe(response);
  });
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, "localhost", () => done(server));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve("dist", Number(process.argv[2] ?? 4173), process.argv[3] ?? "/");
}
