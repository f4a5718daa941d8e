/** The first rows; null and negative limits keep all. Source: behaviour spec, sql §9 with D2. */
export function limitRows<R>(rows: readonly R[], limit: number | null): readonly R[] {
  return limit === null || limit < 0 || rows.length <= limit ? rows : rows.slice(0, limit);
}
