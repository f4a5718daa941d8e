import { parseStatement } from '@kuiper/sql';
import { expect, it } from 'vitest';
import { argumentNodes } from './argument-json.ts';

const cases: readonly (readonly [args: string, nodes: readonly unknown[]])[] = [
  ['', []],
  ['a', [{ StreamName: '$$default', Name: 'a', HasIndex: false, SourceIndex: 0, Index: 0 }]],
  ['s.a', [{ StreamName: 's', Name: 'a', HasIndex: false, SourceIndex: 0, Index: 0 }]],
  ['1, 2.5, "x", true', [{ Val: 1 }, { Val: 2.5 }, { Val: 'x' }, { Val: true }]],
  ['*', [{ Token: expect.any(Number), Replace: null, Except: null }]],
  ['meta(k)', [{ Name: 'meta', FuncId: 0, FuncType: 1, Args: [{ StreamName: '$$default', Name: 'k' }] }]],
  ['1 + 2', [{ OP: expect.any(Number), LHS: { Val: 1 }, RHS: { Val: 2 } }]],
  ['a->b', [{ OP: expect.any(Number), LHS: expect.any(Object), RHS: { Name: 'b' } }]],
  [
    'a IN (1, 2)',
    [
      {
        OP: expect.any(Number),
        LHS: expect.any(Object),
        RHS: { LiteralExprs: [{ Val: 1 }, { Val: 2 }], ArrayExpr: null },
      },
    ],
  ],
  [
    'CASE WHEN a > 1 THEN 1 ELSE 2 END',
    [{ Value: null, WhenClauses: [{ Expr: expect.any(Object), Result: { Val: 1 } }], ElseClause: { Val: 2 } }],
  ],
  ['(1)', [{ Expr: { Val: 1 } }]],
  [
    'a[0], a[1:2], a NOT LIKE "x", a BETWEEN 1 AND 2',
    Array.from({ length: 4 }, () => expect.objectContaining({ OP: expect.any(Number) })),
  ],
];

it.each(cases)('shows the arguments of f(%s) as a tree', (args, nodes) => {
  const statement = parseStatement(`SELECT f(${args}) FROM s`);
  const call = statement.kind === 'select' ? statement.items[0]?.expr : undefined;
  expect(call?.kind === 'call' && argumentNodes(call.args)).toEqual(nodes);
});
