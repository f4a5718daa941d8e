/** Deeper nested messages are refused: what walks over values (encoders, checkpoints, functions) does so by recursion. */
export const mostNested = 1000;

/**
 * Whether brackets nest deeper than {@link mostNested} in `text[start, end)`, valid JSON or not. Costs next to nothing
 * unless there are so many opening brackets: searching for one character is what the platform does best.
 */
export function nestsTooDeep(text: string, start: number, end: number): boolean {
  if (end - start <= mostNested) return false;
  // A search must not run on into the messages behind.
  const message = text.slice(start, end);
  return !hasFew(message, '[', '{') && depthOver(message);
}

/** Whether two characters occur at most {@link mostNested} times together. */
function hasFew(text: string, one: string, other: string): boolean {
  let count = 0;
  for (const bracket of [one, other]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count > mostNested) return false;
    }
  }
  return true;
}

function depthOver(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
    } else if (code === 0x7b || code === 0x5b) {
      if (++open > mostNested) return true;
    } else if (code === 0x7d || code === 0x5d) open--;
  }
  return false;
}
