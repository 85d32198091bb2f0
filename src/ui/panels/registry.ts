/** Finds the panels: a folder with `panel.ts` (what it is) and one component of the folder's name. */
import type { Component } from "svelte";

export interface PanelInfo {
  readonly title: string;
  /** What a visitor does with it, in one sentence. */
  readonly sentence: string;
  readonly order: number;
}

export interface Panel extends PanelInfo {
  readonly name: string;
  readonly component: Component;
}

const INFOS = import.meta.glob<PanelInfo>("./*/panel.ts", { eager: true, import: "default" });
const COMPONENTS = import.meta.glob<Component>("./*/*.svelte", { eager: true, import: "default" });

export const PANELS: readonly Panel[] = Object.entries(INFOS)
  .flatMap(([path, info]) => {
    const name = path.split("/")[1] ?? "";
    const component = COMPONENTS[`./${name}/${name}.svelte`];
    return component ? [{ ...info, name, component }] : [];
  })
  .sort((a, b) => a.order - b.order);
