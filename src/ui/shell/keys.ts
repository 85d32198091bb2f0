/** The page's keys. Typing into a field is never taken for one. */
import type { Session } from "../session/session.svelte";

interface Actions {
  share(): Promise<string>;
  keys(): void;
}

function isTyping({ target }: Event): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== "checkbox")
  );
}

export function onKey(event: KeyboardEvent, session: Session, actions: Actions): void {
  if (event.key === "Escape") return session.stop();
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { chain } = session;
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : undefined;
  if (digit !== undefined && digit < chain.steps.length) return chain.toggle(digit);
  switch (event.key) {
    case "?":
      return actions.keys();
    case "/":
      event.preventDefault();
      document.getElementById("prompt")?.focus();
      return;
    case "b":
      chain.baselineHeld = true;
      return;
    case "s":
      void actions.share();
      return;
  }
}
