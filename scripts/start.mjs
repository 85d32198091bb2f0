/** `npm start`: builds the page, serves it on the first free port, prints where. */
import { build } from "vite";
import { serve } from "./serve.mjs";

const FIRST_PORT = 4173;
const LAST_PORT = 4192;

await build({ logLevel: "warn" });
for (let port = FIRST_PORT; ; port++) {
  try {
    await serve("dist", port);
    console.log(`\nVitrine is at http://localhost:${port}/  (Ctrl+C stops it)`);
    break;
  } catch (error) {
    if (error.code !== "EADDRINUSE" || port === LAST_PORT) throw error;
  }
}
