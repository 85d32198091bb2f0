/** A figure says its title and caption once, to its frame: the chart in it and the drawing for paper take them from there. */
import { getContext, setContext } from "svelte";

/** What a drawing for paper says besides the numbers. */
export interface FigureWords {
  readonly title: string;
  readonly caption: string;
}

const KEY = Symbol("figure");

/** For the frame, while it is set up. */
export function provideTitle(title: () => string): void {
  setContext(KEY, title);
}

/** For a chart, while it is set up: the title of the frame that it stands in; empty outside of one. */
export function titleOfFigure(): () => string {
  return getContext<(() => string) | undefined>(KEY) ?? (() => "");
}
