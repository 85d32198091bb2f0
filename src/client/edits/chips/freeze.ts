/** Frozen patterns and norm scales, in words. */
import type { EditKindWords } from "./chip";
import { placeText } from "./words";

const nameOf = (what: "patterns" | "norms") => (what === "patterns" ? "attention patterns" : "norm scales");

export const freeze: EditKindWords<"freeze"> = {
  what: (edit) => `freeze ${nameOf(edit.what)} ${placeText(undefined, edit)}`,
  misfit({ what }, { name, sites }) {
    const needs = what === "patterns" ? ".attn.pattern" : ".scale";
    if (sites.some((site) => site.endsWith(needs))) return undefined;
    return `${name} shows no ${nameOf(what)}.`;
  },
};
