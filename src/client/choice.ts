/** A setting that came from a link, if it is one of the choices. */
export function choice<T>(choices: readonly T[], value: unknown, fallback: T): T {
  return choices.find((one) => one === value) ?? fallback;
}
