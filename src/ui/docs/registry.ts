/** The docs pages: components in `pages/` that say their slug, title and place. */
import type { Component } from "svelte";

export interface Doc {
  readonly slug: string;
  readonly title: string;
  readonly order: number;
}

interface DocModule {
  readonly default: Component;
  readonly doc: Doc;
}

const MODULES = import.meta.glob<DocModule>("./pages/*.svelte", { eager: true });

export const DOCS = Object.values(MODULES)
  .map(({ doc, default: component }) => ({ ...doc, component }))
  .sort((a, b) => a.order - b.order);
