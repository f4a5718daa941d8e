/**
 * Geohashes: places on earth as texts (base 32) or as 64-bit integers. Declarations: arguments are checked and typed
 * before a row is seen.
 */
import { rowError, type ScalarFunction, scalar, t } from '@kuiper/sdk';

const alphabet = '0123456789bcdefghjkmnpqrstuvwxyz';
const directions = ['North', 'NorthEast', 'East', 'SouthEast', 'South', 'SouthWest', 'West', 'NorthWest'];
/** Steps in latitude and longitude. */
const steps = [
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
] as const;

interface Box {
  readonly MinLat: number;
  readonly MaxLat: number;
  readonly MinLng: number;
  readonly MaxLng: number;
}

/** The first bit is one of the longitude, then they take turns. */
function encodeBits(lat: number, lng: number, bits: number): bigint {
  let [minLat, maxLat, minLng, maxLng] = [-90, 90, -180, 180];
  let hash = 0n;
  for (let bit = 0; bit < bits; bit++) {
    const isLng = bit % 2 === 0;
    const middle = isLng ? (minLng + maxLng) / 2 : (minLat + maxLat) / 2;
    const isUpper = (isLng ? lng : lat) >= middle;
    hash = (hash << 1n) | (isUpper ? 1n : 0n);
    if (isLng) [minLng, maxLng] = isUpper ? [middle, maxLng] : [minLng, middle];
    else [minLat, maxLat] = isUpper ? [middle, maxLat] : [minLat, middle];
  }
  return hash;
}

function boxOfBits(hash: bigint, bits: number): Box {
  let [MinLat, MaxLat, MinLng, MaxLng] = [-90, 90, -180, 180];
  for (let bit = 0; bit < bits; bit++) {
    const isUpper = ((hash >> BigInt(bits - 1 - bit)) & 1n) === 1n;
    if (bit % 2 === 0) {
      const middle = (MinLng + MaxLng) / 2;
      [MinLng, MaxLng] = isUpper ? [middle, MaxLng] : [MinLng, middle];
    } else {
      const middle = (MinLat + MaxLat) / 2;
      [MinLat, MaxLat] = isUpper ? [middle, MaxLat] : [MinLat, middle];
    }
  }
  return { MinLat, MaxLat, MinLng, MaxLng };
}

function bitsOfText(text: string): bigint {
  if (text === '') rowError('a geohash is not empty');
  let hash = 0n;
  for (const character of text.toLowerCase()) {
    const value = alphabet.indexOf(character);
    if (value < 0) rowError(`${JSON.stringify(character)} is no character of a geohash`);
    hash = (hash << 5n) | BigInt(value);
  }
  return hash;
}

function textOfBits(hash: bigint, length: number): string {
  let text = '';
  for (let i = length - 1; i >= 0; i--) text += alphabet[Number((hash >> BigInt(5 * i)) & 31n)];
  return text;
}

/** The middle of a box, with no more digits than tell it from its neighbours. */
function position(box: Box): { Longitude: number; Latitude: number } {
  const middle = (low: number, high: number): number => {
    const digits = Math.max(0, Math.ceil(-Math.log10(high - low)) + 1);
    return Number(((low + high) / 2).toFixed(Math.min(digits, 15)));
  };
  return { Longitude: middle(box.MinLng, box.MaxLng), Latitude: middle(box.MinLat, box.MaxLat) };
}

function neighbor(hash: bigint, bits: number, direction: number): bigint {
  const box = boxOfBits(hash, bits);
  const [lat, lng] = steps[direction] as readonly [number, number];
  const height = box.MaxLat - box.MinLat;
  const width = box.MaxLng - box.MinLng;
  const latitude = Math.min(Math.max((box.MinLat + box.MaxLat) / 2 + lat * height, -90), 90);
  // East of the last box comes the first one.
  const longitude = ((((box.MinLng + box.MaxLng) / 2 + lng * width + 180) % 360) + 360) % 360;
  return encodeBits(latitude, longitude - 180, bits);
}

function directionOf(name: string): number {
  const found = directions.indexOf(name);
  return found < 0 ? rowError(`direction is one of ${directions.join(', ')}`) : found;
}

/** Engines know integers with a sign only. */
const signed = (hash: bigint): bigint => BigInt.asIntN(64, hash);
const unsigned = (hash: number | bigint): bigint => BigInt.asUintN(64, BigInt(hash));

function define(name: string, args: ScalarFunction['args'], evaluate: ScalarFunction['eval']): ScalarFunction {
  return scalar({
    name,
    group: 'geohash',
    args,
    returns: 'any',
    onNull: 'null',
    summary: `Geohash: ${name}.`,
    examples: [],
    eval: evaluate,
  });
}

const place = [t.float('latitude'), t.float('longitude')];
const text = t.string('hash');
const number = t.int('hash');
const direction = t.string('direction');

export const GeohashEncode = define('geohashEncode', place, (lat: number, lng: number) => {
  return textOfBits(encodeBits(lat, lng, 60), 12);
});
export const GeohashEncodeInt = define('geohashEncodeInt', place, (lat: number, lng: number) => {
  return signed(encodeBits(lat, lng, 64));
});
export const GeohashDecode = define('geohashDecode', [text], (hash: string) => {
  return position(boxOfBits(bitsOfText(hash), hash.length * 5));
});
export const GeohashDecodeInt = define('geohashDecodeInt', [number], (hash: bigint) => {
  return position(boxOfBits(unsigned(hash), 64));
});
export const GeohashBoundingBox = define('geohashBoundingBox', [text], (hash: string) => {
  return boxOfBits(bitsOfText(hash), hash.length * 5);
});
export const GeohashBoundingBoxInt = define('geohashBoundingBoxInt', [number], (hash: bigint) => {
  return boxOfBits(unsigned(hash), 64);
});
export const GeohashNeighbor = define('geohashNeighbor', [text, direction], (hash: string, name: string) => {
  return textOfBits(neighbor(bitsOfText(hash), hash.length * 5, directionOf(name)), hash.length);
});
export const GeohashNeighborInt = define('geohashNeighborInt', [number, direction], (hash: bigint, name: string) => {
  return signed(neighbor(unsigned(hash), 64, directionOf(name)));
});
export const GeohashNeighbors = define('geohashNeighbors', [text], (hash: string) => {
  const bits = bitsOfText(hash);
  return directions.map((_, i) => textOfBits(neighbor(bits, hash.length * 5, i), hash.length));
});
export const GeohashNeighborsInt = define('geohashNeighborsInt', [number], (hash: bigint) => {
  return directions.map((_, i) => signed(neighbor(unsigned(hash), 64, i)));
});
