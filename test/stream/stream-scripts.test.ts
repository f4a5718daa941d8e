/**
 * Every stream script gives the same output played with generated code, with the interpreter, with a plan whose every
 * node was made anew, stopped at a checkpoint and resumed before every step, and before each single one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { KuiperError } from '@kuiper/base';
import { describe, expect, test } from 'vitest';
import { expectedText, planScript, playScript } from './play-script.ts';
import { parseScripts, type StreamScript } from './stream-script.ts';

const folder = new URL('./', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.slt'))
  .sort();

function playAllWays(script: StreamScript): void {
  const expected = expectedText(script);
  const plan = planScript(script);
  expect(playScript(script, plan, { mode: 'compiled' })).toBe(expected);
  expect(playScript(script, plan, { mode: 'interpreted' }), 'interpreted').toBe(expected);
  const rewritten = planScript(script, true);
  expect(playScript(script, rewritten, { mode: 'compiled' }), 'with a rewritten plan').toBe(expected);
  expect(playScript(script, plan, { mode: 'compiled', resumeBefore: () => true }), 'resumed everywhere').toBe(expected);
  script.steps.forEach((step, place) => {
    const mode = place % 2 === 0 ? 'compiled' : 'interpreted';
    const played = playScript(script, plan, { mode, resumeBefore: (index) => index === place });
    expect(played, `resumed before ${step.text}`).toBe(expected);
  });
}

/** A refusal is an error of the user, and points into the statement where it can. */
function expectRefusal(script: StreamScript): void {
  let thrown: unknown;
  try {
    planScript(script);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(KuiperError);
  expect((thrown as KuiperError).message).toBe(script.refused);
}

test('there are scripts for all parts of the language', () => {
  expect(files.length).toBeGreaterThan(20);
});

for (const file of files) {
  describe(file, () => {
    for (const script of parseScripts(readFileSync(new URL(file, folder), 'utf8'))) {
      test(`${script.title} (line ${script.line})`, () => {
        if (script.refused === null) playAllWays(script);
        else expectRefusal(script);
      });
    }
  });
}
