/** The docs pages, in reading order. A page is a component beside this file. */
import type { Component } from "svelte";
import Scripting from "./Scripting.svelte";
import ShapleyInChains from "./ShapleyInChains.svelte";

export interface Doc {
  readonly slug: string;
  readonly title: string;
  readonly component: Component;
}

export const DOCS: readonly Doc[] = [
  { slug: "shapley", title: "Shapley values of reasoning steps", component: ShapleyInChains },
  { slug: "scripting", title: "Scripting: window.vitrine and the command line", component: Scripting },
];
