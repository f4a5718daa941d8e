/** Zones: offsets and abbreviations at an instant. No file or network access; the data is the runtime's own. */
import { baseErrors } from '../base-errors.ts';

const FIXED = /^([+-])(\d{2}):?(\d{2})$/;
const formatters = new Map<string, Intl.DateTimeFormat>();
/** The last answer per zone: offsets change twice a year, and rows come in order of time. */
const recent = new Map<string, { readonly quarterHour: number; readonly offsetSeconds: number }>();

/** A zone name as users write it: `""` is UTC. Throws `unknown time zone <x>`. */
export function resolveZone(name: string): string {
  if (name === '' || name === 'UTC') return 'UTC';
  if (name === 'Local' || FIXED.test(name)) return name;
  formatter(name);
  return name;
}

/** Offset from UTC in seconds east, at an instant in ms since the epoch. */
export function offsetSecondsAt(zone: string, ms: number): number {
  if (zone === 'UTC' || zone === '') return 0;
  if (zone === 'Local') return -new Date(ms).getTimezoneOffset() * 60;
  const fixed = FIXED.exec(zone);
  if (fixed !== null) {
    const seconds = Number(fixed[2]) * 3600 + Number(fixed[3]) * 60;
    return fixed[1] === '-' ? -seconds : seconds;
  }
  // every change of clocks on record since 1970 falls on a quarter of an hour
  const quarterHour = Math.floor(ms / 900_000);
  const known = recent.get(zone);
  if (known !== undefined && known.quarterHour === quarterHour) return known.offsetSeconds;
  const offsetSeconds = computeOffset(zone, ms);
  recent.set(zone, { quarterHour, offsetSeconds });
  return offsetSeconds;
}

function computeOffset(zone: string, ms: number): number {
  const second = Math.floor(ms / 1000) * 1000;
  const parts: Record<string, number> = {};
  for (const { type, value } of formatter(zone).formatToParts(second)) {
    if (type !== 'literal' && type !== 'era') parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0 } = parts;
  const local = new Date(0);
  local.setUTCFullYear(year, month - 1, day);
  return Math.round((local.setUTCHours(hour, minute, seconds) - second) / 1000);
}

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (found === undefined) {
    try {
      found = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      throw baseErrors.ZONE_UNKNOWN(zone, { cause });
    }
    formatters.set(zone, found);
  }
  return found;
}

/** Abbreviations that the runtime's English locale does not know: standard time, then summer time. */
const abbreviations: Readonly<Record<string, readonly [string, string]>> = {
  'Asia/Shanghai': ['CST', 'CDT'],
  'Asia/Chongqing': ['CST', 'CDT'],
  'Asia/Hong_Kong': ['HKT', 'HKST'],
  'Asia/Taipei': ['CST', 'CDT'],
  'Asia/Macau': ['CST', 'CDT'],
  'Asia/Tokyo': ['JST', 'JDT'],
  'Asia/Seoul': ['KST', 'KDT'],
  'Asia/Kolkata': ['IST', 'IST'],
  'Asia/Calcutta': ['IST', 'IST'],
  'Asia/Karachi': ['PKT', 'PKST'],
  'Asia/Jakarta': ['WIB', 'WIB'],
  'Asia/Manila': ['PST', 'PDT'],
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Europe/London': ['GMT', 'BST'],
  'Europe/Dublin': ['GMT', 'IST'],
  'Europe/Lisbon': ['WET', 'WEST'],
  'Europe/Moscow': ['MSK', 'MSD'],
  'Europe/Athens': ['EET', 'EEST'],
  'Europe/Bucharest': ['EET', 'EEST'],
  'Europe/Helsinki': ['EET', 'EEST'],
  'Europe/Kiev': ['EET', 'EEST'],
  'Europe/Kyiv': ['EET', 'EEST'],
  'Europe/Sofia': ['EET', 'EEST'],
  'Africa/Cairo': ['EET', 'EEST'],
  'Africa/Johannesburg': ['SAST', 'SAST'],
  'Africa/Lagos': ['WAT', 'WAT'],
  'Africa/Nairobi': ['EAT', 'EAT'],
  'Australia/Sydney': ['AEST', 'AEDT'],
  'Australia/Melbourne': ['AEST', 'AEDT'],
  'Australia/Brisbane': ['AEST', 'AEST'],
  'Australia/Adelaide': ['ACST', 'ACDT'],
  'Australia/Darwin': ['ACST', 'ACST'],
  'Australia/Perth': ['AWST', 'AWST'],
  'Pacific/Auckland': ['NZST', 'NZDT'],
};

/**
 * Abbreviation of a zone at an instant: `UTC`, `CST`, `CEST`. A zone without a customary abbreviation prints its
 * offset (`+08`), a fixed offset prints as `+0800`.
 */
export function zoneAbbreviation(zone: string, ms: number): string {
  if (zone === 'UTC' || zone === '') return 'UTC';
  const offset = offsetSecondsAt(zone, ms);
  const fixed = FIXED.exec(zone);
  if (fixed !== null) return `${fixed[1]}${fixed[2]}${fixed[3]}`;
  const name = zone === 'Local' ? new Intl.DateTimeFormat().resolvedOptions().timeZone : zone;
  if (name === 'UTC' || name === 'Etc/UTC') return 'UTC';
  if (Object.hasOwn(abbreviations, name)) {
    const [standard, summer] = abbreviations[name] as readonly [string, string];
    return offset > standardOffset(name, ms) ? summer : standard;
  }
  if (name.startsWith('Europe/') && offset === 3600) return standardOffset(name, ms) === offset ? 'CET' : 'WEST';
  if (name.startsWith('Europe/') && offset === 7200) return standardOffset(name, ms) === offset ? 'EET' : 'CEST';
  const short = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'short' })
    .formatToParts(ms)
    .find((part) => part.type === 'timeZoneName')?.value;
  if (short !== undefined && /^[A-Z]{2,5}$/.test(short)) return short;
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const hours = `${offset < 0 ? '-' : '+'}${String(Math.trunc(minutes / 60)).padStart(2, '0')}`;
  return minutes % 60 === 0 ? hours : `${hours}${String(minutes % 60).padStart(2, '0')}`;
}

function standardOffset(zone: string, ms: number): number {
  const year = new Date(ms).getUTCFullYear();
  return Math.min(computeOffset(zone, Date.UTC(year, 0, 1)), computeOffset(zone, Date.UTC(year, 6, 1)));
}
