import { describe, expect, test } from 'vitest';
import { checkTopicFilter, compileTopicFilter, hasWildcard, sharedFilterTopic } from './topic-filter.ts';

describe('a filter matches', () => {
  for (const [filter, topic, wanted] of [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/+/b', 'a/1/b', true],
    ['a/+/b', 'x/a/1/b/c', false],
    ['a/+', 'a/', true],
    ['+', 'a/b', false],
    ['a.b', 'axb', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['#', 'a/b', true],
    ['+/+/#', 'a', false],
    ['a/+b', 'a/xb', false],
  ] as const) {
    test(`${filter} ${wanted ? '' : 'not '}${topic}`, () => expect(compileTopicFilter(filter)(topic)).toBe(wanted));
  }
});

test('a shared subscription matches by the filter behind its group', () => {
  expect(sharedFilterTopic('$share/g/a/+')).toBe('a/+');
  expect(sharedFilterTopic('a/$share')).toBe('a/$share');
});

test('# stands last or not at all', () => {
  expect(() => checkTopicFilter('a/#')).not.toThrow();
  expect(() => checkTopicFilter('#/a')).toThrow('invalid topic #/a: # must at the last level');
  expect([hasWildcard('a'), hasWildcard('a/+'), hasWildcard('#')]).toEqual([false, true, true]);
});
