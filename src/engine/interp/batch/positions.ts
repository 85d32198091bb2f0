/** Which positions an intervention names. */
import type { Positions } from "../../../protocol/interventions";

export function within(positions: Positions | undefined): (position: number) => boolean {
  if (positions === undefined) return () => true;
  if ("from" in positions) return (position) => position >= positions.from;
  const list = new Set(positions);
  return (position) => list.has(position);
}
