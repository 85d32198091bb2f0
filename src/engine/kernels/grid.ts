/**
 * Spreads workgroups over two axes, because one axis holds only 65,535 of them at WebGPU's default limits.
 *
 * A shader finds its flat index as `group.y * groups.x + group.x` (workgroup_id and num_workgroups) and
 * returns when that is past the end: the last line of the grid may be partly empty.
 */
const MAX_WORKGROUPS_PER_AXIS = 65535;

export function flatGrid(workgroups: number): readonly [number, number, number] {
  const lines = Math.max(1, Math.ceil(workgroups / MAX_WORKGROUPS_PER_AXIS));
  return [Math.ceil(workgroups / lines), lines, 1];
}
