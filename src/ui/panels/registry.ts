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
  /** Its code is fetched (from this site) when it is first shown. */
  load(): Promise<Component>;
}

const INFOS = import.meta.glob<PanelInfo>("./*/panel.ts", { eager: true, import: "default" });
const COMPONENTS = import.meta.glob<Component>("./*/*.svelte", { import: "default" });

export const PANELS: readonly Panel[] = Object.entries(INFOS)
  .flatMap(([path, info]) => {
    const name = path.split("/")[1] ?? "";
    const load = COMPONENTS[`./${name}/${name}.svelte`];
    return load ? [{ ...info, name, load }] : [];
  })
  .sort((a, b) => a.order - b.order);
