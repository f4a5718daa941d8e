/** Rows laid over one another, and rows as values: `*` in its forms. Source: behaviour spec, sql §7.9, §8; trap 20. */
import { columnKind, type Kind, type Row, type RowType, setMember, tagValue, untagValue } from '@kuiper/base';
import { sameRepresentation } from './operand.ts';

/** Copies `source` over `target`; members that hold undefined are absent and leave what was there. */
export function layOver(target: Row, source: Row): Row {
  for (const key in source) {
    const value = source[key];
    if (value !== undefined && Object.hasOwn(source, key)) setMember(target, key, value);
  }
  return target;
}

/** Adds the members of `source` that `target` does not have. */
export function layUnder(target: Row, source: Row): Row {
  for (const key in source) {
    const value = source[key];
    if (value !== undefined && Object.hasOwn(source, key) && (!Object.hasOwn(target, key) || target[key] === undefined))
      setMember(target, key, value);
  }
  return target;
}

/** A copy of `row` without some columns. */
export function copyExcept(row: Row, except: ReadonlySet<string>): Row {
  const copy: Row = {};
  for (const key in row) {
    if (!except.has(key) && Object.hasOwn(row, key) && row[key] !== undefined) setMember(copy, key, row[key]);
  }
  return copy;
}

/** Brings the columns of a row into the representation of another row type. */
export function convertRow(row: Row, from: RowType, to: RowType): Row {
  const converted: Row = {};
  for (const key of Object.keys(row)) {
    const value = row[key];
    if (value !== undefined) setMember(converted, key, convertValue(value, columnKind(from, key), columnKind(to, key)));
  }
  return converted;
}

export function convertValue(value: unknown, from: Kind, to: Kind): unknown {
  return sameRepresentation(from, to) ? value : untagValue(tagValue(value, from), to);
}

/** True when every column that rows of type `from` can have looks the same in rows of type `to`. */
export function sameColumns(from: RowType, to: RowType): boolean {
  const names = new Set([...Object.keys(from.fields), ...Object.keys(to.fields)]);
  for (const name of names) {
    const known = Object.hasOwn(from.fields, name) || from.rest !== null;
    if (known && !sameRepresentation(columnKind(from, name), columnKind(to, name))) return false;
  }
  return from.rest === null || sameRepresentation(from.rest, to.rest ?? 'null');
}
