/** Trial runs of a statement on mocked sources. Source: behaviour spec, rest-cli-config §4.5, runtime §20. */
import { errorText, jsonText } from '@kuiper/base';
import type { RuleHost, RuleSpec, TapEvent } from '@kuiper/host';
import { serverErrors } from '../errors.ts';
import type { RuleDefinition } from './rule-definition.ts';
import { parseRuleSelect } from './rule-definition.ts';
import type { OptionDefaults } from './rule-options.ts';
import { readRuleOptions } from './rule-options.ts';

export interface TrialRequest {
  readonly id: string;
  readonly sql: string;
  /** Stream → properties of a simulator. */
  readonly mocks: Readonly<Record<string, unknown>>;
  readonly sinkProps: Readonly<Record<string, unknown>>;
}

/** Gets what a trial emits, one text per output, until `end`. */
export interface TrialClient {
  send(text: string): void;
  end(): void;
}

interface Trial {
  readonly ruleId: string;
  readonly sendSingle: boolean;
  readonly clients: Set<TrialClient>;
  detach: () => void;
  timer: NodeJS.Timeout | null;
}

const lifetimeMs = 300_000;

export class TrialRuns {
  readonly #host: RuleHost;
  readonly #optionDefaults: () => OptionDefaults;
  readonly #spec: (definition: RuleDefinition) => RuleSpec;
  readonly #trials = new Map<string, Trial>();

  constructor(host: RuleHost, optionDefaults: () => OptionDefaults, spec: (definition: RuleDefinition) => RuleSpec) {
    this.#host = host;
    this.#optionDefaults = optionDefaults;
    this.#spec = spec;
    host.onEnd(({ ruleId, kind, message }) => {
      if (kind !== 'error') return;
      for (const trial of this.#trials.values()) if (trial.ruleId === ruleId) broadcast(trial, message);
    });
  }

  /** Plans a trial, in place of one of the same id. Throws `fail to run rule x: …`. */
  async create(request: TrialRequest): Promise<void> {
    const ruleId = `$$trial_${request.id}`;
    await this.remove(request.id);
    try {
      await this.#host.trial(this.#spec(this.#definition(ruleId, request)), request.mocks);
    } catch (error) {
      throw serverErrors.REQUEST(`fail to run rule ${request.id}: ${errorText(error)}`, { cause: error });
    }
    const sendSingle = request.sinkProps.sendSingle === true;
    this.#trials.set(request.id, { ruleId, sendSingle, clients: new Set(), detach: () => {}, timer: null });
  }

  /** Throws `try to start test rule x but it is not found`. */
  async start(id: string): Promise<void> {
    const trial = this.#trials.get(id);
    if (trial === undefined) throw serverErrors.REQUEST(`try to start test rule ${id} but it is not found`);
    trial.detach();
    trial.detach = this.#host.tap(trial.ruleId, (event) => {
      for (const text of outputs(event, trial.sendSingle)) broadcast(trial, text);
    });
    await this.#host.start(trial.ruleId);
    trial.timer ??= setTimeout(() => void this.remove(id), lifetimeMs).unref();
  }

  /** A missing one is fine. */
  async remove(id: string): Promise<void> {
    const trial = this.#trials.get(id);
    if (trial === undefined) return;
    this.#trials.delete(id);
    if (trial.timer !== null) clearTimeout(trial.timer);
    trial.detach();
    for (const client of trial.clients) client.end();
    await this.#host.remove(trial.ruleId);
  }

  /** @returns the way to leave; null when there is no such trial */
  listen(id: string, client: TrialClient): (() => void) | null {
    const clients = this.#trials.get(id)?.clients;
    if (clients === undefined) return null;
    clients.add(client);
    return () => clients.delete(client);
  }

  #definition(ruleId: string, { sql, sinkProps }: TrialRequest): RuleDefinition {
    parseRuleSelect(sql);
    const { options } = readRuleOptions(undefined, { ...this.#optionDefaults(), section: {} });
    return {
      id: ruleId,
      name: '',
      version: '',
      sql,
      graph: null,
      actions: [{ nop: sinkProps }],
      options: { ...options, sendError: true, temp: true },
      triggered: false,
      temp: true,
      tags: null,
    };
  }
}

function broadcast(trial: Trial, text: string): void {
  for (const client of trial.clients) client.send(text);
}

/** Rows come as the JSON text of a list. */
function outputs({ kind, data }: TapEvent, sendSingle: boolean): string[] {
  if (kind === 'error') return [String(data)];
  const text = typeof data === 'string' ? data : jsonText(data);
  return sendSingle ? (JSON.parse(text) as readonly unknown[]).map((row) => jsonText(row)) : [text];
}
