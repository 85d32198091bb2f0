/** What counts as loaded before a model: static imports do, dynamic ones do not. */
import { expect, it } from "vitest";
import { pageScripts, reachable, staticImports, workers } from "./size.mjs";

it("sees static imports in minified code, and no dynamic ones", () => {
  const code =
    'import{a as e}from"./a-1.js";import"./b-2.js";export{c}from"./c-3.js";' +
    "const d=()=>import(`./d-4.js`),f=()=>import('./f-5.js');";
  expect(staticImports(code)).toEqual(["a-1.js", "b-2.js", "c-3.js"]);
});

it("finds the page's scripts and what is preloaded", () => {
  const html = `<script type="module" crossorigin src="./assets/index-x.js"></script>
    <link rel="modulepreload" crossorigin href="./assets/client-y.js"><link rel="stylesheet" href="./assets/index.css">
    <link rel="icon" href="./icon.svg">`;
  expect(pageScripts(html)).toEqual(["index-x.js", "client-y.js"]);
});

it("finds the worker", () => {
  expect(workers("new Worker(new URL(`engine.worker-C4F0.js`,import.meta.url))")).toEqual([
    "engine.worker-C4F0.js",
  ]);
});

it("follows imports of imports, once each", () => {
  const files: Record<string, string> = {
    "a.js": 'import"./b.js";import"./c.js";',
    "b.js": 'import"./c.js";',
    "c.js": 'import"./a.js";const later=()=>import(`./d.js`);',
    "d.js": "",
  };
  expect([...reachable(["a.js"], (name) => files[name] ?? "")].sort()).toEqual(["a.js", "b.js", "c.js"]);
});
