/**
 * Imitates the Hugging Face Hub for tests, with the troubles of a real network on demand: a file listing, files
 * that redirect to another path, ranges, and hosts that are slow, break off, announce a wrong length, or refuse.
 * By hand: `node scripts/hubImitation.mjs [port]` serves the embedded models as `vitrine/<name>`.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CHUNK_BYTES = 16 * 1024;
const HEADERS = {
  "access-control-allow-origin": "*",
  "access-control-allow-headers": "range",
  "access-control-expose-headers": "accept-ranges, content-range, etag",
};

/** `repositories` maps "owner/name" to files by name; `trouble` may be changed while it runs. */
export async function startHubImitation(repositories, trouble = {}, port = 0) {
  const requests = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://hub").pathname);
    const { range } = request.headers;
    requests.push({ method: request.method, path, ...(range ? { range } : {}) });
    if (request.method === "OPTIONS") return void response.writeHead(204, HEADERS).end();
    if (range && trouble.dropRanges) return void response.destroy();
    const answer = route(path, repositories, trouble);
    if (typeof answer === "number") return void refuse(response, answer);
    if (answer.redirect) return void response.writeHead(302, { ...HEADERS, location: answer.redirect }).end();
    void send(request, response, answer, trouble).catch(() => response.destroy());
  });
  await new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", done);
  });
  return {
    url: `http://localhost:${server.address().port}`,
    requests,
    trouble,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function refuse(response, status) {
  response.writeHead(status, { ...HEADERS, "content-type": "application/json" }).end('{"error":"refused"}');
}

/** A status, a redirect, or a file's bytes. */
function route(path, repositories, trouble) {
  const [, listed, folder = ""] = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/[^/]+\/?(.*)$/.exec(path) ?? [];
  if (listed !== undefined) {
    if (trouble.listing) return trouble.listing;
    const files = repositories[listed];
    return files === undefined ? 401 : { name: "listing.json", bytes: listing(files, folder) };
  }
  const [, id, name] = /^\/([^/]+\/[^/]+)\/resolve\/[^/]+\/(.+)$/.exec(path) ?? [];
  const [, stored, storedName] = /^\/storage\/([^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
  const refusal = trouble.refuse?.[name ?? storedName];
  if (refusal && (trouble.refusals ??= Infinity) > 0) {
    trouble.refusals--;
    return refusal;
  }
  const bytes = repositories[id ?? stored]?.[name ?? storedName];
  if (bytes === undefined) return id !== undefined && repositories[id] === undefined ? 401 : 404;
  // As at the Hub, large files live elsewhere.
  const isLarge = !(name ?? storedName).endsWith(".json");
  return id !== undefined && isLarge
    ? { redirect: `/storage/${id}/${name}` }
    : { name: name ?? storedName, bytes };
}

function listing(files, folder) {
  const prefix = folder === "" ? "" : `${folder}/`;
  const inside = Object.keys(files).filter((name) => name.startsWith(prefix));
  const entries = inside.map((name) =>
    name.slice(prefix.length).includes("/")
      ? { type: "directory", path: prefix + name.slice(prefix.length).split("/")[0], size: 0 }
      : { type: "file", path: name, size: files[name].length },
  );
  return Buffer.from(JSON.stringify(entries));
}

async function send(request, response, { name, bytes }, trouble) {
  const isTroubled = name === (trouble.file ?? name) && name !== "listing.json";
  const [, start] = /^bytes=(\d+)-/.exec((!trouble.noRanges && request.headers.range) || "") ?? [];
  const from = Number(start ?? 0);
  if (from > 0 && from >= bytes.length) return refuse(response, 416);
  const body = bytes.subarray(from);
  const etag = `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}${trouble.version ?? ""}"`;
  response.writeHead(start === undefined ? 200 : 206, {
    ...HEADERS,
    etag,
    "content-type": name.endsWith(".json") ? "application/json" : "application/octet-stream",
    "content-length": body.length + (isTroubled && start === undefined ? (trouble.lengthError ?? 0) : 0),
    ...(start === undefined ? {} : { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (request.method === "HEAD") return void response.end();
  response.flushHeaders();
  const isCut = isTroubled && trouble.cuts > 0;
  const cut = isCut
    ? Math.min(trouble.cutAfterBytes ?? Infinity, (trouble.cutAtByte ?? Infinity) - from)
    : Infinity;
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    if (at >= cut) {
      trouble.cuts--;
      trouble.version = trouble.versionAfterCut;
      return void response.destroy();
    }
    if (isTroubled && at >= (trouble.stallAfterBytes ?? Infinity)) return;
    response.write(body.subarray(at, at + CHUNK_BYTES));
    // Lets each piece leave before the next, so that a cut comes after them and not instead.
    await new Promise((resolve) => setTimeout(resolve, isTroubled ? (trouble.pauseMs ?? 0) : 0));
  }
  response.end();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const models = fileURLToPath(new URL("../static/models/", import.meta.url));
  const filesOf = (folder) =>
    Object.fromEntries(
      readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, readFileSync(join(folder, name))]),
    );
  const repositories = Object.fromEntries(
    readdirSync(models).map((name) => [`vitrine/${name}`, filesOf(join(models, name))]),
  );
  const { url } = await startHubImitation(repositories, {}, Number(process.argv[2] ?? 4300));
  console.log(`${Object.keys(repositories).join(", ")} at ${url}`);
}
