import { describe, expect, it } from 'vitest';
import { isNewer, parseRule } from './rule-definition.ts';

const defaults = { section: {}, timeZone: 'UTC', nowMs: 0 };
const sql = 'SELECT a FROM s';
const actions = [{ nop: {} }];
const read = (rule: unknown, pathId: string | null = null) => parseRule(JSON.stringify(rule), pathId, defaults);

describe('the JSON of a rule', () => {
  const refused: readonly (readonly [rule: unknown, why: string])[] = [
    [{}, 'Missing rule id.'],
    [{ id: 'a b', sql, actions }, "id 'a b' contains invalid characters"],
    [{ id: ' a', sql, actions }, "id ' a' contains leading or trailing whitespace"],
    [{ id: 'r' }, 'Rule r has neither sql nor graph.'],
    [{ id: 'r', sql, graph: {}, actions }, 'Rule r has both sql and graph.'],
    [{ id: 'r', sql }, 'Missing rule actions.'],
    [{ id: 'r', sql: 'SELECT', actions }, 'Parse SQL SELECT error: found "EOF", expected expression..'],
    [{ id: 'r', sql: 'SHOW STREAMS', actions }, 'SQL SHOW STREAMS is not a select statement.'],
    [{ id: 'r', sql, actions, options: { qos: '1' } }, 'Parse rule {'],
    [{ id: 'r', sql, actions, options: { lateTolerance: 'soon' } }, 'time: invalid duration "soon".'],
    [
      { id: 'r', sql, actions, options: { concurrency: -1, bufferLength: -1 } },
      'Rule r has invalid options: invalidConcurrency:concurrency must be greater than 0\ninvalidBufferLength:bufferLength must be greater than 0.',
    ],
    [
      { id: 'r', sql, actions, options: { cronDatetimeRange: [{ beginTimestamp: 2, endTimestamp: 1 }] } },
      "validate cronDatetimeRange failed, err:begin time shouldn't after end time.",
    ],
  ];
  for (const [rule, why] of refused) it(`refused: ${why}`, () => expect(() => read(rule)).toThrow(why));

  it('may leave the id to the path, but not contradict it', () => {
    expect(read({ sql, actions }, 'r').id).toBe('r');
    expect(() => read({ id: 'other', sql, actions }, 'r')).toThrow('RuleId is not consistent with rule id.');
    expect(() => read({ id: '', sql, actions }, 'r')).toThrow('Missing rule id.');
  });

  it('takes defaults of options from the configuration where they are inherited', () => {
    const section = { qos: 1, sendError: true, debug: true, restartStrategy: { attempts: 3 }, lateTolerance: '5s' };
    const rule = (options?: unknown) =>
      parseRule(JSON.stringify({ id: 'r', sql, actions, options }), null, { ...defaults, section }).options;
    expect(rule()).toMatchObject({ qos: 1, sendError: true, debug: false, restartAttempts: 3, lateToleranceMs: 5000 });
    expect(rule({ qos: 0, lateTolerance: 10 })).toMatchObject({ qos: 0, lateToleranceMs: 10, sendError: true });
    expect(rule(null)).toMatchObject({ debug: true });
  });

  it('compares versions as text', () => {
    expect([isNewer('', ''), isNewer('3.1', '3'), isNewer('10', '3'), isNewer('2', '2'), isNewer('', '1')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
