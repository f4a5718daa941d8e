import { GroupTable } from './group-table.ts';
import type { GroupProgram, GroupsView } from './types.ts';

/** Groups rows that are at hand, `rows[start]` to `rows[end - 1]`: what a join or a lookup has made. */
export function groupRows<R>(rows: readonly R[], start: number, end: number, program: GroupProgram<R>): GroupsView<R> {
  const table = new GroupTable(program, null);
  for (let i = start; i < end; i++) table.add(rows[i] as R);
  return table.view();
}
