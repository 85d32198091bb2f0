/** What is under the pointer or pinned. Every view reads and writes this one object. */
export class Selection {
  /** Index of a chain step, while it is pointed at or focused. */
  step = $state<number | undefined>();
  /** Index of a token in the strip. */
  token = $state<number | undefined>();
}
