import { KeyIndex } from './key-index.ts';
import { sortedPositions } from './sort-rows.ts';
import type { KeyExpr, SortKeyProgram } from './types.ts';

/**
 * What a window function such as `row_number` gives for each row: rows are numbered from 0 within their partition, in
 * the order asked for. Source: behaviour spec, sql §13.3 with D3.
 * @param evaluate gets the row's number and the number of rows in its partition
 * @returns one value per row, in the order of `rows`
 */
export function numberRows<R>(
  rows: readonly R[],
  partitionBy: readonly KeyExpr<R>[],
  orderBy: readonly SortKeyProgram<R>[],
  evaluate: (index: number, count: number) => unknown,
): unknown[] {
  const partitions: number[][] = [];
  const index = new KeyIndex<R, { readonly gone: false; readonly positions: number[] }>(partitionBy, ',', () => {
    const positions: number[] = [];
    partitions.push(positions);
    return { gone: false, positions };
  });
  for (let i = 0; i < rows.length; i++) index.locate(rows[i] as R).positions.push(i);
  const results = new Array<unknown>(rows.length);
  for (const positions of partitions) {
    const order =
      orderBy.length === 0
        ? positions
        : sortedPositions(
            positions.map((i) => rows[i] as R),
            orderBy,
          ).map((n) => positions[n] as number);
    for (let n = 0; n < order.length; n++) results[order[n] as number] = evaluate(n, order.length);
  }
  return results;
}
