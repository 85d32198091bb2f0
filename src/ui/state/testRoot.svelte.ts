/** Sets something up as a component would, so that its effects run; for tests. */
export function inRoot<T>(make: () => T): { made: T; end: () => void } {
  const found: T[] = [];
  const end = $effect.root(() => void found.push(make()));
  const [made] = found as [T];
  return { made, end };
}
