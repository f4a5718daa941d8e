/** Breaking a text into lines at its spaces. */

/** @param cutLong also breaks words that are longer than a line */
export function wrap(text: string, width: number, lineEnd: string, cutLong: boolean): string {
  const limit = Math.max(1, width);
  const lines: string[] = [];
  let at = 0;
  while (text.length - at > limit) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const space = text.lastIndexOf(' ', at + limit);
    if (space >= at) {
      lines.push(text.slice(at, space));
      at = space + 1;
    } else if (cutLong) {
      lines.push(text.slice(at, at + limit));
      at += limit;
    } else {
      const next = text.indexOf(' ', at + limit);
      if (next < 0) break;
      lines.push(text.slice(at, next));
      at = next + 1;
    }
  }
  lines.push(text.slice(at));
  return lines.join(lineEnd === '' ? '\n' : lineEnd);
}
