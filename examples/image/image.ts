/**
 * Images in SQL, through the npm package `sharp`: it is loaded when the first picture comes, and works in threads of its
 * own. Answers have the format of what came in: PNG, JPEG, GIF, WebP, AVIF or TIFF.
 */
import { rowError, type ScalarFunction, scalar, t } from '@kuiper/sdk';

/** What we use of sharp. */
interface Picture {
  resize(size: { width?: number; height?: number; fit: 'fill' | 'inside'; withoutEnlargement?: boolean }): Picture;
  removeAlpha(): Picture;
  toColourspace(space: 'srgb'): Picture;
  raw(): Picture;
  toBuffer(): Promise<Uint8Array>;
}
type Sharp = ((image: Uint8Array) => Picture) & { cache(on: boolean): void };

let loaded: Promise<Sharp> | null = null;

/** Asked again after it was missing: it may have been installed since. */
function loadSharp(): Promise<Sharp> {
  loaded ??= import('sharp').then(
    ({ default: sharp }: { readonly default: Sharp }) => {
      // No picture comes twice.
      sharp.cache(false);
      return sharp;
    },
    (error: unknown) => {
      loaded = null;
      const why = error instanceof Error ? error.message : String(error);
      throw rowError(
        `the npm package sharp cannot be loaded: run \`npm install --prefix data --ignore-scripts sharp\` in the ` +
          `engine's directory (${why})`,
      );
    },
  );
  return loaded;
}

/** @returns undefined for 0: that side follows from the other one */
function side(name: string, length: unknown): number | undefined {
  if (typeof length !== 'number' || length < 0 || length > 16_384) throw rowError(`${name} must be 0 to 16384`);
  return length === 0 ? undefined : length;
}

function size(width: unknown, height: unknown): { width?: number; height?: number } {
  const [w, h] = [side('width', width), side('height', height)];
  return { ...(w === undefined ? {} : { width: w }), ...(h === undefined ? {} : { height: h }) };
}

export const Thumbnail: ScalarFunction = scalar({
  name: 'thumbnail',
  group: 'image',
  summary: 'Makes an image smaller, in its proportions, until it fits. One that fits stays as large as it is.',
  examples: [],
  args: [t.bytes('image'), t.int('maxWidth'), t.int('maxHeight')],
  returns: 'bytes',
  onNull: 'null',
  async: true,
  eval: async (image: Uint8Array, maxWidth: unknown, maxHeight: unknown) => {
    const limits = size(maxWidth, maxHeight);
    const sharp = await loadSharp();
    return sharp(image)
      .resize({ ...limits, fit: 'inside', withoutEnlargement: true })
      .toBuffer();
  },
});

/** Also what models take: `isRaw` gives the bytes of red, green and blue of each pixel, row after row. */
export const ResizeWithChan: ScalarFunction = scalar({
  name: 'resizeWithChan',
  group: 'image',
  summary: 'Gives an image another size; a side of 0 follows from the other one in proportion.',
  examples: [],
  args: [t.bytes('image'), t.int('width'), t.int('height'), t.bool('isRaw', { optional: true })],
  returns: 'bytes',
  onNull: 'null',
  async: true,
  eval: async (image: Uint8Array, width: unknown, height: unknown, isRaw = false) => {
    const wanted = size(width, height);
    const sharp = await loadSharp();
    const isFree = wanted.width !== undefined && wanted.height !== undefined;
    const resized = sharp(image).resize({ ...wanted, fit: isFree ? 'fill' : 'inside' });
    return isRaw === true ? resized.removeAlpha().toColourspace('srgb').raw().toBuffer() : resized.toBuffer();
  },
});

export const Resize: ScalarFunction = { ...ResizeWithChan, name: 'resize' };
