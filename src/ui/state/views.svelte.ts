/**
 * Each panel's own settings, as flat plain data that a link can carry. A panel names its settings with their
 * defaults; what a link brings is taken over where it is of the same type.
 */
export type ViewValue = string | number | boolean | readonly number[] | readonly string[];
export type ViewSettings = Record<string, ViewValue>;

type Widened<T> = {
  -readonly [K in keyof T]: T[K] extends boolean
    ? boolean
    : T[K] extends number
      ? number
      : T[K] extends string
        ? string
        : T[K];
};

export class Views {
  /** What links said of panels that were not shown yet. */
  #given: Readonly<Record<string, ViewSettings>> = {};
  readonly #views = new Map<string, ViewSettings>();

  /** The settings of one panel: a reactive object, the same one every time. */
  of<const T extends ViewSettings>(panel: string, defaults: T): Widened<T> {
    const known = this.#views.get(panel);
    if (known) return known as Widened<T>;
    const view = $state<ViewSettings>({ ...defaults });
    this.#views.set(panel, view);
    this.#takeOver(panel);
    return view as Widened<T>;
  }

  #takeOver(panel: string): void {
    const view = this.#views.get(panel);
    if (!view) return;
    for (const [name, value] of Object.entries(this.#given[panel] ?? {})) {
      const own = view[name];
      const sameType = typeof own === typeof value && Array.isArray(own) === Array.isArray(value);
      if (sameType && Object.hasOwn(view, name)) view[name] = value;
    }
  }

  /** From a link. */
  set(given: Readonly<Record<string, ViewSettings>>): void {
    this.#given = given;
    for (const panel of this.#views.keys()) this.#takeOver(panel);
  }

  /** For a link. */
  toJson(): Record<string, ViewSettings> {
    const shown = [...this.#views].map(([panel, view]) => [panel, $state.snapshot(view)] as const);
    return { ...this.#given, ...Object.fromEntries(shown) } as Record<string, ViewSettings>;
  }
}
