/**
 * Each `.sql` file holds one statement and what becomes of it, as recorded:
 *
 *     -- fail: <text>          first line, when the statement is refused
 *     -- options: {…}          rule options that differ from the defaults
 *     SELECT …
 *     ---
 *     the plan
 *
 * Streams come from `streams.sql`. `RECORD_PLANS=1 npx vitest run test/plan` writes the files anew; review the diff.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { explainPlan, type PlanNode, type RulePlan, type SourcePlan } from '@kuiper/engine';
import { describe, expect, test } from 'vitest';
import { catalogOf, type OptionChanges, planStatement } from './test-catalog.ts';

const directory = new URL('.', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, directory), 'utf8');
const catalog = catalogOf(
  read('streams.sql')
    .split('\n')
    .filter((line) => line.startsWith('CREATE')),
);
const files = readdirSync(directory).filter((file) => file.endsWith('.sql') && file !== 'streams.sql');

describe('plans', () => {
  test.each(files)('%s', (file) => {
    const text = read(file);
    const [head = ''] = text.split('\n---\n');
    const recorded = record(head);
    if (process.env.RECORD_PLANS === '1') writeFileSync(new URL(file, directory), recorded);
    expect(recorded).toBe(text);
  });
});

/** The file as it should read. */
function record(head: string): string {
  const lines = head.trim().split('\n');
  const options = lines.find((line) => line.startsWith('-- options: '));
  const changes: OptionChanges = options === undefined ? {} : JSON.parse(options.slice('-- options: '.length));
  const sql = lines.filter((line) => !line.startsWith('-- ')).join('\n');
  const body = [...(options === undefined ? [] : [options]), sql].join('\n');
  try {
    return `${body}\n---\n${describePlan(planStatement(sql, catalog, changes))}\n`;
  } catch (error) {
    return `-- fail: ${(error as Error).message}\n${body}\n`;
  }
}

function describePlan(plan: RulePlan): string {
  const lines = [explainPlan(plan), `operators: ${plan.operators.join(' ')}`];
  for (const source of plan.sources) lines.push(describeSource(source));
  for (const alias of plan.aliases) lines.push(`alias ${alias.name}: ${kindText(alias.expr.type)}`);
  for (const call of plan.aggregates) lines.push(`aggregate ${call.slot}: ${call.text} ${kindText(call.impl.returns)}`);
  for (const call of plan.analytics) lines.push(`analytic ${call.slot}: ${call.stateName} ${call.text}`);
  describeNodes(plan.root, lines);
  lines.push(`output: ${kindText(plan.outputType)}${plan.stateful ? ', stateful' : ''}`);
  return lines.join('\n');
}

function describeSource(source: SourcePlan): string {
  const columns = source.columns === null ? 'all' : source.columns.join(' ');
  const meta = source.metaKeys === null ? ' meta all' : source.metaKeys.length > 0 ? ` meta ${source.metaKeys}` : '';
  const retained = source.role === 'scan' ? ` keeps ${source.retainSize}` : '';
  return `source ${source.alias} (${source.role}): decodes ${columns}${meta}${retained}`;
}

function describeNodes(node: PlanNode, lines: string[]): void {
  for (const input of node.inputs) describeNodes(input, lines);
  if (node.kind === 'filter' && node.index !== null) {
    lines.push(`${node.name} index: ${node.index.column} ${node.index.op} ${String(node.index.value)}`);
  }
  if (node.kind === 'join') {
    for (const step of node.steps) {
      const keys = step.equalities.map(({ left, right }) => `${left.text} = ${right.text}`).join(', ');
      lines.push(`${node.name} ${step.type} keys: ${keys} residual: ${step.residual?.text ?? ''}`);
    }
  }
  if (node.kind === 'lookup') {
    const values = node.values.map((value) => value.text).join(' ');
    lines.push(`${node.name} fields: ${node.fields ?? 'all'} keys: ${node.keys.join(' ')} values: ${values}`);
  }
}

function kindText(kind: unknown): string {
  return typeof kind === 'string' ? kind : JSON.stringify(kind);
}
