/** The page's keys. Typing into a field is never taken for one. */
import type { Session } from "../state/session.svelte";

export interface KeyActions {
  /** Keys that change the playground work only where it can be seen. */
  readonly onPlayground: boolean;
  share(): void;
  keys(): void;
  /** To the next panel, or the one before. */
  turn(by: 1 | -1): void;
  /** Opens the editor of edits. */
  edit(): void;
}

function isTyping({ target }: Event): boolean {
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    (target instanceof HTMLInputElement && target.type !== "checkbox")
  );
}

export function onKey(event: KeyboardEvent, session: Session, actions: KeyActions): void {
  if (event.key === "Escape") return session.stop();
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "?") return actions.keys();
  if (!actions.onPlayground) return;
  const { chain } = session;
  const digit = /^[1-9]$/.test(event.key) ? Number(event.key) - 1 : undefined;
  if (digit !== undefined && digit < chain.steps.length) return chain.toggle(digit);
  switch (event.key) {
    case "/":
      event.preventDefault();
      document.getElementById("prompt")?.focus();
      return;
    case "b":
      chain.baselineHeld = true;
      return;
    case "e":
      // The letter is not for the field that takes focus.
      event.preventDefault();
      return actions.edit();
    case "x":
      if (session.edits.all.length > 0) session.edits.paused = !session.edits.paused;
      return;
    case "s":
      return actions.share();
    case "[":
      return actions.turn(-1);
    case "]":
      return actions.turn(1);
  }
}
