/** Finds the panels: a folder with `panel.ts`, which says what it is and fetches its component. */
import type { Component } from "svelte";

export interface PanelInfo {
  readonly title: string;
  /** What a visitor does with it, in one sentence. */
  readonly sentence: string;
  readonly order: number;
  /** Its code is fetched (from this site) when it is first shown. */
  load(): Promise<{ readonly default: Component }>;
}

export interface Panel extends PanelInfo {
  readonly name: string;
}

const INFOS = import.meta.glob<PanelInfo>("./*/panel.ts", { eager: true, import: "default" });

export const PANELS: readonly Panel[] = Object.entries(INFOS)
  .map(([path, info]) => ({ ...info, name: path.split("/")[1] ?? "" }))
  .sort((a, b) => a.order - b.order);
