/** Instants with a zone: what `cast(x, "datetime")` and DATETIME columns under strict validation hold. */
import { offsetSecondsAt, zoneAbbreviation } from '../time/zones.ts';

/** Civil fields of an instant in its zone. */
export interface CivilTime {
  readonly year: number;
  /** 1–12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0–999,999,999 */
  readonly nanosecond: number;
}

/**
 * An instant with nanosecond precision and the zone it is printed in. Immutable.
 *
 * A zone is an IANA name, `UTC`, `Local` (of the process) or a fixed offset written `+08:00`.
 */
export class DateTime {
  /** Milliseconds since the epoch, rounded down. */
  readonly ms: number;
  /** Nanoseconds beyond `ms`: 0–999,999. */
  readonly subMsNanos: number;
  readonly zone: string;

  constructor(ms: number, zone: string, subMsNanos = 0) {
    this.ms = ms;
    this.subMsNanos = subMsNanos;
    this.zone = zone;
  }

  /** The instant of a civil time. One skipped by a clock change moves forward by the length of the change. */
  static fromCivil(civil: CivilTime, zone: string): DateTime {
    const utcMs = utcMillis(civil);
    const nanos = civil.nanosecond % 1_000_000;
    let offsetMs = offsetSecondsAt(zone, utcMs) * 1000;
    const second = offsetSecondsAt(zone, utcMs - offsetMs) * 1000;
    if (second !== offsetMs) {
      const third = offsetSecondsAt(zone, utcMs - second) * 1000;
      offsetMs = third === second ? second : Math.min(second, offsetMs);
    }
    return new DateTime(utcMs - offsetMs, zone, nanos);
  }

  /** The same instant printed in another zone. */
  inZone(zone: string): DateTime {
    return zone === this.zone ? this : new DateTime(this.ms, zone, this.subMsNanos);
  }

  /** Offset from UTC at this instant, in seconds east. */
  get offsetSeconds(): number {
    return offsetSecondsAt(this.zone, this.ms);
  }

  civil(): CivilTime {
    const local = new Date(this.ms + this.offsetSeconds * 1000);
    return {
      year: local.getUTCFullYear(),
      month: local.getUTCMonth() + 1,
      day: local.getUTCDate(),
      hour: local.getUTCHours(),
      minute: local.getUTCMinutes(),
      second: local.getUTCSeconds(),
      nanosecond: local.getUTCMilliseconds() * 1_000_000 + this.subMsNanos,
    };
  }

  /** 0 for Sunday to 6 for Saturday, in its zone. */
  get weekday(): number {
    return new Date(this.ms + this.offsetSeconds * 1000).getUTCDay();
  }

  /** 1–366, in its zone. */
  get dayOfYear(): number {
    const { year, month, day } = this.civil();
    return Math.round((Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 0)) / 86_400_000);
  }

  /** Abbreviation of the zone at this instant (`UTC`, `CST`), or its offset (`+08`) where it has none. */
  get zoneName(): string {
    return zoneAbbreviation(this.zone, this.ms);
  }

  /** Negative, zero or positive, like the order of the instants; zones do not matter. */
  compare(other: DateTime): number {
    return this.ms - other.ms || this.subMsNanos - other.subMsNanos;
  }

  /** `2024-01-02T03:04:05.006Z`: at most nine fraction digits, trailing zeros dropped; the form in JSON. */
  rfc3339(): string {
    const offset = this.offsetSeconds;
    return `${dateText(this.civil(), 'T')}${offset === 0 ? 'Z' : offsetText(offset, ':')}`;
  }

  /** `2023-11-14 22:13:20 +0000 UTC`: the form in error texts, group keys and text functions. */
  goText(): string {
    return `${dateText(this.civil(), ' ')} ${offsetText(this.offsetSeconds, '')} ${this.zoneName}`;
  }

  toJSON(): string {
    return this.rfc3339();
  }

  toString(): string {
    return this.goText();
  }
}

function utcMillis(c: CivilTime): number {
  const date = new Date(0);
  date.setUTCFullYear(c.year, c.month - 1, c.day);
  return date.setUTCHours(c.hour, c.minute, c.second, Math.floor(c.nanosecond / 1_000_000));
}

function dateText(c: CivilTime, separator: string): string {
  const date = `${pad(c.year, 4)}-${pad(c.month, 2)}-${pad(c.day, 2)}`;
  const time = `${pad(c.hour, 2)}:${pad(c.minute, 2)}:${pad(c.second, 2)}`;
  const fraction = c.nanosecond === 0 ? '' : `.${pad(c.nanosecond, 9).replace(/0+$/, '')}`;
  return `${date}${separator}${time}${fraction}`;
}

/** `+0800`, or `+08:00` with a separator. */
export function offsetText(offsetSeconds: number, separator: string): string {
  const minutes = Math.trunc(Math.abs(offsetSeconds) / 60);
  return `${offsetSeconds < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60), 2)}${separator}${pad(minutes % 60, 2)}`;
}

function pad(value: number, width: number): string {
  return value < 0 ? `-${String(-value).padStart(width, '0')}` : String(value).padStart(width, '0');
}
