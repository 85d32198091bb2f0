import { defineConfig } from "@playwright/test";
import { NO_ADAPTER_FLAGS, SOFTWARE_WEBGPU_FLAGS } from "./scripts/chromiumFlags";

/** A sub-path on purpose: the built site must work anywhere. */
const BASE = "/some/sub/path/";
const PORT = Number(process.env.VITRINE_E2E_PORT ?? 4299);

const browser = (args: string[]) => ({
  launchOptions: { ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}), args },
});

export default defineConfig({
  testDir: "e2e",
  // Two cores and a software adapter: one page at a time.
  workers: 1,
  // A software adapter takes a third of a second for a token, longer on a busy machine.
  timeout: 300_000,
  // A page that never gets there fails all the same, only later.
  expect: { timeout: 60_000 },
  use: { baseURL: `http://localhost:${PORT}${BASE}` },
  webServer: {
    command: `node scripts/serve.mjs ${PORT} ${BASE}`,
    url: `http://localhost:${PORT}${BASE}`,
    reuseExistingServer: false,
  },
  projects: [
    { name: "software-webgpu", use: browser(SOFTWARE_WEBGPU_FLAGS) },
    // Tests that compare devices need both; the others run with no adapter at all, too.
    { name: "no-adapter", use: browser(NO_ADAPTER_FLAGS), testIgnore: "device.spec.ts" },
  ],
});
