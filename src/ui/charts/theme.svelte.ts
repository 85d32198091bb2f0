/** Which theme is in force, for what is drawn on a canvas: the visitor's choice, else the system's. */
import type { Theme } from "./colourScales";

function now(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** A reactive object; call it while a component is set up. */
export function watchTheme(): { readonly current: Theme } {
  let current = $state<Theme>(now());
  $effect(() => {
    const update = () => (current = now());
    const system = matchMedia("(prefers-color-scheme: dark)");
    const observer = new MutationObserver(update);
    observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    system.addEventListener("change", update);
    return () => {
      observer.disconnect();
      system.removeEventListener("change", update);
    };
  });
  return {
    get current() {
      return current;
    },
  };
}
