import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import svelte from "eslint-plugin-svelte";
import { defineConfig } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default defineConfig(
  // AssemblyScript looks like TypeScript but is another language.
  { ignores: ["dist/", "test-results/", "**/*.simd.ts"] },
  js.configs.recommended,
  ts.configs.recommended,
  svelte.configs.recommended,
  prettier,
  svelte.configs.prettier,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.worker, ...globals.node } },
    rules: { "no-undef": "off" },
  },
  {
    // Playwright finds the fixtures that a hook wants in this pattern, and insists on it where there are none.
    files: ["e2e/**"],
    rules: { "no-empty-pattern": ["error", { allowObjectPatternsAsParameters: true }] },
  },
  {
    // Sets and maps in these files are values that are replaced, never changed; menus give their snippets names.
    files: ["**/*.svelte", "**/*.svelte.ts"],
    rules: { "svelte/prefer-svelte-reactivity": "off", "svelte/no-useless-children-snippet": "off" },
    languageOptions: {
      parserOptions: {
        projectService: true,
        extraFileExtensions: [".svelte"],
        parser: ts.parser,
        svelteConfig,
      },
    },
  },
);
