import { availableParallelism } from "node:os";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { cspPlugin } from "./scripts/cspPlugin.ts";
import { leanTokenizersPlugin } from "./scripts/leanTokenizersPlugin.ts";
import { simdPlugin } from "./scripts/simdPlugin.ts";
import { wgslPlugin } from "./scripts/wgslPlugin.ts";
import { SOFTWARE_WEBGPU_FLAGS } from "./scripts/chromiumFlags.ts";

/** Every core: vitest leaves one free, which on two cores is half of them. */
const maxWorkers = availableParallelism();

/** A real Chromium with a WebGPU adapter in software. */
const chromiumWithWebGpu = {
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({
    launchOptions: {
      ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
      args: SOFTWARE_WEBGPU_FLAGS,
    },
  }),
  instances: [{ browser: "chromium" as const }],
};

export default defineConfig({
  // Relative, so that the built site works under any path of any static host.
  base: "./",
  publicDir: "static",
  plugins: [leanTokenizersPlugin(), simdPlugin(), wgslPlugin(), svelte(), cspPlugin()],
  worker: { format: "es", plugins: () => [leanTokenizersPlugin(), simdPlugin(), wgslPlugin()] },
  build: { target: "es2022", modulePreload: { polyfill: false } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          environment: "node",
          include: ["{src,workers,scripts,training}/**/*.test.ts"],
          exclude: ["**/*.{dom,gpu}.test.ts"],
          testTimeout: 60_000,
          maxWorkers,
          // Files share a process and its modules: a third less work. Each cleans up what it changes.
          isolate: false,
          unstubGlobals: true,
          restoreMocks: true,
        },
      },
      {
        extends: true,
        // Cleans up after each test; files that draw no component need none of it.
        plugins: [svelteTesting()],
        test: { name: "dom", environment: "happy-dom", include: ["src/**/*.dom.test.ts"], maxWorkers },
      },
      {
        extends: true,
        test: {
          name: "compat",
          environment: "node",
          include: ["compat/**/*.compat.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "gpu",
          include: ["{src,workers}/**/*.gpu.test.ts"],
          // A software adapter compiles long shaders in seconds.
          testTimeout: 120_000,
          // One page for all files: they share a device and its compiled kernels (device/shared.samples.ts).
          isolate: false,
          maxWorkers: 1,
          browser: chromiumWithWebGpu,
        },
      },
      {
        extends: true,
        test: {
          name: "bench",
          include: ["bench/**/*.gpu.test.ts"],
          testTimeout: 600_000,
          browser: chromiumWithWebGpu,
        },
      },
    ],
  },
});
