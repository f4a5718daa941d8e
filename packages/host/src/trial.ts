/** Trial runs (`POST /ruletest`): the rule as it is, on mocked sources. Source: behaviour spec, runtime §20. */
import type { RuleSpec, SourceSpec } from '@kuiper/engine';

/** Mocked streams become simulators, never shared; errors are sent; nothing is kept. */
export function trialSpec(spec: RuleSpec, mocks: Readonly<Record<string, unknown>>): RuleSpec {
  return {
    ...spec,
    temp: true,
    options: { ...spec.options, sendError: true, qos: 0 },
    sources: spec.sources.map((source) => mockSource(source, mocks[source.name])),
  };
}

function mockSource(source: SourceSpec, mock: unknown): SourceSpec {
  const { shared: _shared, ...options } = source.options;
  if (mock === null || typeof mock !== 'object') return { ...source, options };
  return { ...source, options: { ...options, type: 'simulator' }, props: { ...(mock as Record<string, unknown>) } };
}
