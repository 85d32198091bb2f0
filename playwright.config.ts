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
  workers: 2,
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
    // Where there is only a software adapter the page takes the CPU: tests that ask for WebGPU say so by their tag. One
    // page at a time, for the adapter takes every core.
    { name: "software-webgpu", use: browser(SOFTWARE_WEBGPU_FLAGS), grep: /@webgpu/, workers: 1 },
    // Tests that compare devices need both; all others run with no adapter at all.
    { name: "no-adapter", use: browser(NO_ADAPTER_FLAGS), testIgnore: "device.spec.ts", workers: 2 },
  ],
});
