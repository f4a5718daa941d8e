/** Where something stands in a text file, for errors: `plugin.json:3:14`. */

export function placeIn(file: string, text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${file}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
}

/** Of a property of a JSON text, in any case; the file alone when it is not there. */
export function propertyPlace(file: string, text: string, property: string): string {
  const found = new RegExp(`"${property}"\\s*:`, 'i').exec(text);
  return found === null ? file : placeIn(file, text, found.index);
}

/** Of what `JSON.parse` complains about. */
export function jsonErrorPlace(file: string, text: string, error: unknown): string {
  const { message } = error as Error;
  const offset = /at position (\d+)/.exec(message)?.[1];
  if (offset !== undefined) return placeIn(file, text, Number(offset));
  return /end of JSON/.test(message) ? placeIn(file, text, text.trimEnd().length) : file;
}

/** What `JSON.parse` complains about, without the place and the text around it. */
export function jsonErrorText(error: unknown): string {
  return (error as Error).message.replace(/(, "[^]*?" is not valid JSON| in JSON)?( at position \d+.*)?$/, '');
}
