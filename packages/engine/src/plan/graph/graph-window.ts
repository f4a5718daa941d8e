/** The window node of a graph. Source: behaviour spec, runtime §16.3. */
import type { TimeUnit, Window } from '@kuiper/sql';
import { graphErrors } from './graph-errors.ts';
import type { PropReader } from './prop-reader.ts';

const units: readonly string[] = ['dd', 'hh', 'mi', 'ss', 'ms'];
const base = { kind: 'window', filter: null, over: null, span: { start: 0, end: 0 } } as const;

export function readWindow(props: PropReader): Window {
  const size = props.integer('size');
  const interval = props.integer('interval');
  const type = props.text('type');
  if (size <= 0) throw graphErrors.GRAPH(`window size ${size} is invalid`);
  switch (type.toLowerCase()) {
    case 'tumblingwindow':
      refuse(interval !== 0 && interval !== size, 'tumbling window interval must equal to size');
      return { ...base, type: 'tumbling', unit: readUnit(props), length: size };
    case 'hoppingwindow':
      refuse(interval <= 0, 'hopping window interval must be greater than 0');
      refuse(interval > size, 'hopping window interval must be less than size');
      return { ...base, type: 'hopping', unit: readUnit(props), length: size, hop: interval };
    case 'slidingwindow':
      return { ...base, type: 'sliding', unit: readUnit(props), length: size, delay: null };
    case 'sessionwindow':
      refuse(interval <= 0, 'hopping window interval must be greater than 0');
      return { ...base, type: 'session', unit: readUnit(props), maxDuration: size, timeout: interval };
    case 'countwindow':
      refuse(interval < 0, 'count window interval must be greater or equal to 0');
      refuse(interval > size, 'count window interval must be less than size');
      return { ...base, type: 'count', count: size, step: interval === 0 ? null : interval };
    default:
      throw graphErrors.GRAPH(`unknown window type ${type}`);
  }
}

function refuse(condition: boolean, text: string): void {
  if (condition) throw graphErrors.GRAPH(text);
}

function readUnit(props: PropReader): TimeUnit {
  const unit = props.text('unit');
  const lower = unit.toLowerCase();
  if (!units.includes(lower)) throw graphErrors.GRAPH(`Invalid unit ${unit}`.trimEnd());
  return lower as TimeUnit;
}
