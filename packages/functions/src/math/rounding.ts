/** Rounds half away from zero; keeps the sign of zero, NaN and infinities. */
export function roundHalfAway(value: number): number {
  const whole = Math.trunc(value);
  if (Math.abs(value - whole) < 0.5) return whole;
  return Number.isFinite(value) ? whole + Math.sign(value) : value;
}

/**
 * Rounds half away from zero to `digits` decimals; negative digits round to tens, hundreds … Computed in doubles, as
 * round(value · 10^digits) / 10^digits.
 */
export function roundTo(value: number, digits: number): number {
  if (digits === 0) return roundHalfAway(value);
  const scale = 10 ** digits;
  const scaled = value * scale;
  if (Number.isFinite(scaled) && scale !== 0 && Number.isFinite(scale)) return roundHalfAway(scaled) / scale;
  if (digits < 0) return value < 0 ? -0 : 0;
  return roundTiny(value, digits);
}

/** For scales beyond the doubles: only denormal numbers have that many decimals to lose. */
function roundTiny(value: number, digits: number): number {
  const scaled = value * 1e300 * 10 ** (digits - 300);
  return Number.isFinite(scaled) && scaled !== 0 ? Number(`${roundHalfAway(scaled)}e-${digits}`) : value;
}
