/** Finds the control that a card speaks of, by what it is and how it is called. */
export function findTarget(
  selector: string,
  text: RegExp,
  root: ParentNode = document,
): HTMLElement | undefined {
  const namesOf = (element: HTMLElement) => [
    element.getAttribute("aria-label") ?? "",
    element.title,
    element.textContent ?? "",
  ];
  return [...root.querySelectorAll<HTMLElement>(selector)].find((element) =>
    namesOf(element).some((name) => text.test(name.trim())),
  );
}
