/**
 * The rules of a server: definitions in the store, lives on the host. Work on one rule happens in turns; a request that
 * fails leaves definition and run as they were. Source: behaviour spec, runtime §1.5 and §3.
 */
import { type Clock, errorText, KuiperError, type Logger } from '@kuiper/base';
import type { Kv, PlanReport, RuleHost, RuleSpec, RunEnd } from '@kuiper/host';
import { ruleCode, serverErrors, withPrefix } from '../errors.ts';
import { Rule } from './rule.ts';
import { isNewer, parseRule, type RuleDefinition, readRule } from './rule-definition.ts';
import { RuleLifecycle, settled, stopMessages } from './rule-lifecycle.ts';
import type { OptionDefaults } from './rule-options.ts';
import { RuleTaps, type TapListener } from './rule-taps.ts';
import { modernized, withTags, withTriggered } from './rule-text.ts';
import { isDue, isScheduled } from './schedule.ts';
import { StoredTable } from './stored-table.ts';
import { Turns } from './turns.ts';

export interface RuleRegistryOptions {
  readonly kv: Kv;
  readonly host: RuleHost;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly optionDefaults: () => OptionDefaults;
  spec(definition: RuleDefinition): RuleSpec;
}

/** Rules handed to the host at once when the server starts. */
const chunkLength = 50;

export class RuleRegistry {
  readonly #options: RuleRegistryOptions;
  readonly #host: RuleHost;
  readonly #table: StoredTable;
  readonly #rules = new Map<string, Rule>();
  readonly #turns = new Turns();
  readonly #taps: RuleTaps;
  /** Streams and tables that rules have read since the server started. */
  readonly #read = new Set<string>();
  #closed = false;

  private constructor(options: RuleRegistryOptions, table: StoredTable) {
    this.#options = options;
    this.#host = options.host;
    this.#table = table;
    this.#taps = new RuleTaps(options.host);
    for (const [id, text] of table.entries()) this.#register(id, text, null);
    options.host.onEnd((end) => this.#ended(end));
  }

  static async open(options: RuleRegistryOptions): Promise<RuleRegistry> {
    return new RuleRegistry(options, await StoredTable.open(options.kv, 'rule'));
  }

  get(id: string): Rule | undefined {
    return this.#rules.get(id);
  }

  /** Sorted by id, temporary ones included. */
  list(): Rule[] {
    return [...this.#rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Text of a stored rule; undefined for a temporary one. */
  storedText(id: string): string | undefined {
    return this.#table.get(id);
  }

  storedIds(): string[] {
    return this.#table.keys();
  }

  /** Throws 404 `Rule x is not found in registry, please check if it is created`. */
  registered(id: string): Rule {
    const rule = this.#rules.get(id);
    if (rule === undefined) throw serverErrors.RULE_UNREGISTERED(id);
    return rule;
  }

  /** Running rules that read a stream or table. */
  readersOf(name: string): Rule[] {
    return this.running().filter((rule) => rule.sources.includes(name));
  }

  running(): Rule[] {
    return [...this.#rules.values()].filter(({ life }) => life.state === 'running' || life.state === 'starting');
  }

  /** Throws with the texts of `POST /rules`. @returns the id */
  async create(text: string): Promise<string> {
    const definition = this.#parse(text, null, 'invalid rule json');
    const { id } = definition;
    return this.#turns.take(id, async () => {
      if (this.#rules.has(id)) throw serverErrors.RULE_EXISTS(id);
      const report = await this.#deploy(definition, 'invalid rule json');
      const rule = await this.#keepNew(id, text, definition);
      rule.report = report;
      if (definition.triggered) this.#begin(rule);
      return id;
    });
  }

  /** Creates or replaces. Throws with the texts of `PUT /rules/{id}`, without the prefix of the endpoint. */
  async update(id: string, text: string): Promise<void> {
    const definition = this.#parse(text, id, 'Invalid rule json');
    await this.#turns.take(id, async () => {
      const old = this.#rules.get(id);
      if (old !== undefined) await this.#prepare(old, definition.version);
      const report = await this.#deploy(definition, 'Invalid rule json');
      if (old === undefined) {
        const rule = await this.#keepNew(id, text, definition);
        rule.report = report;
        if (definition.triggered) this.#begin(rule);
        return;
      }
      await this.#rewrite(old, modernized(text), definition);
      old.report = report;
      this.#stopForUpdate(old);
      if (definition.triggered) this.#begin(old);
    });
  }

  /**
   * Takes over a rule of an import: replaces by version, never refuses for its plan. A rule that cannot be planned ends
   * as `stopped by error`. Throws for what is no rule.
   */
  async adopt(id: string, text: string, start = true): Promise<void> {
    const definition = this.#parse(text, id, '');
    await this.#turns.take(id, async () => {
      const old = this.#rules.get(id);
      if (old !== undefined) await this.#prepare(old, definition.version);
      const rule = old ?? (await this.#keepNew(id, text, definition));
      if (old !== undefined) {
        await this.#rewrite(old, modernized(text), definition);
        this.#stopForUpdate(old);
        await settled(rule.life);
      }
      if (!definition.triggered || !start) return;
      try {
        rule.report = await this.#deploy(definition, '');
        this.#begin(rule);
      } catch (error) {
        rule.life.fail(errorText(error));
      }
    });
  }

  start(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const rule = this.registered(id);
      await settled(rule.life);
      await this.#redeploy(rule);
      await this.#want(rule, true);
      this.#stopForUpdate(rule);
      this.#noteReads(rule);
      rule.life.scheduledStart();
    });
  }

  /** Waits up to 5 s for the run to end. */
  stop(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const rule = this.registered(id);
      await settled(rule.life);
      await this.#want(rule, false);
      rule.trace = false;
      rule.life.stop();
      await settled(rule.life);
    });
  }

  restart(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const rule = this.registered(id);
      await settled(rule.life);
      await this.#want(rule, true);
      const stored = this.#table.get(id);
      if (stored !== undefined) rule.rewrite(stored);
      await this.#redeploy(rule);
      rule.trace = false;
      rule.life.stop();
      await settled(rule.life);
      if (isScheduled(rule.definition.options)) rule.life.awaitSchedule();
      else rule.life.start();
    });
  }

  /** Throws `rule x not found` (1000). */
  delete(id: string): Promise<void> {
    return this.#turns.take(id, async () => {
      const rule = this.#rules.get(id);
      if (rule === undefined && !this.#table.has(id)) throw serverErrors.RULE(`rule ${id} not found`);
      if (rule !== undefined) await settled(rule.life);
      await this.#table.delete(id);
      this.#rules.delete(id);
      if (rule !== undefined) await settled(rule.life);
      this.#taps.removed(id);
      await this.#host.remove(id);
    });
  }

  /** Follows a rule over its restarts. @returns the way to stop */
  tap(id: string, listener: TapListener): () => void {
    return this.#taps.add(id, listener);
  }

  /** A rule that reads this stream or table has been started before. */
  wasRead(name: string): boolean {
    return this.#read.has(name);
  }

  /** Replaces the tags by what `change` makes of them. Throws 404 `Rule x is not found.` for one that is not stored. */
  async tag(id: string, change: (tags: readonly string[]) => readonly string[]): Promise<void> {
    await this.#turns.take(id, async () => {
      const rule = this.#rules.get(id);
      if (rule === undefined || !this.#table.has(id)) throw serverErrors.NOT_FOUND(`Rule ${id} is not found.`);
      await this.#rewrite(rule, withTags(rule.text, change(rule.definition.tags ?? [])), null);
    });
  }

  /** Rules that have every one of these tags. */
  withTags(tags: readonly string[]): Rule[] {
    return this.list().filter((rule) => tags.every((tag) => rule.definition.tags?.includes(tag) === true));
  }

  /** Throws with the text that planning this rule now would answer. */
  async plan(definition: RuleDefinition): Promise<PlanReport> {
    return this.#host.plan(this.#options.spec(definition));
  }

  /** Reads a rule's JSON. Throws with `prefix: `. */
  parse(text: string, prefix: string): RuleDefinition {
    return this.#parse(text, null, prefix);
  }

  /**
   * Starts the stored rules that are wanted, a few at a time, so that requests are answered in between. A rule of a
   * schedule waits for the patrol; one that a request has dealt with meanwhile is left alone.
   */
  async recover(): Promise<void> {
    const ids = this.#table.keys();
    for (let i = 0; i < ids.length && !this.#closed; i += chunkLength) {
      await this.#recoverChunk(ids.slice(i, i + chunkLength));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Applies schedules and restarts failed rules; called by the patrol. */
  patrol(): void {
    const { optionDefaults } = this.#options;
    const defaults = optionDefaults();
    for (const id of this.#table.keys()) {
      const rule = this.#rules.get(id);
      if (rule !== undefined) this.#patrolRule(rule, defaults);
    }
  }

  /** Stops all rules; what is wanted of them stays. Bounded by the caller. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const rule of this.#rules.values()) rule.life.stop();
    await Promise.all([...this.#rules.values()].map(({ life }) => life.settled()));
  }

  #patrolRule(rule: Rule, defaults: OptionDefaults): void {
    let definition: RuleDefinition;
    try {
      definition = rule.definition;
    } catch {
      return;
    }
    const { options, triggered } = definition;
    const { life } = rule;
    if (isScheduled(options) || options.duration !== '') {
      const due = isDue(options, defaults, life);
      if (due === 'run' && triggered && life.state !== 'running') void this.#startBySchedule(rule);
      else if (due === 'wait') life.scheduledStop();
      else if (due === 'over') life.stop(stopMessages.duration);
    }
    if (options.restartAttempts > 0 && life.state === 'failed' && triggered) void this.#startBySchedule(rule);
  }

  async #startBySchedule(rule: Rule): Promise<void> {
    await this.#turns.take(rule.id, async () => {
      if (this.#rules.get(rule.id) !== rule || rule.life.isChanging || rule.life.state === 'running') return;
      try {
        rule.report = await this.#deploy(rule.definition, '');
        rule.life.scheduledStart();
      } catch (error) {
        rule.life.fail(errorText(error));
      }
    });
  }

  async #recoverChunk(ids: readonly string[]): Promise<void> {
    const specs: RuleSpec[] = [];
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    for (const id of ids) {
      const rule = this.#rules.get(id);
      if (rule?.life.isUntouched !== true) continue;
      try {
        const { triggered, options } = rule.definition;
        if (!triggered) continue;
        if (isScheduled(options)) {
          rule.life.awaitSchedule();
          continue;
        }
        specs.push(this.#options.spec(rule.definition));
        this.#noteReads(rule);
        rule.life.startedBy(finished);
      } catch (error) {
        rule.life.fail(errorText(error));
        this.#options.logger.error(`rule ${id}: ${errorText(error)}`);
      }
    }
    await this.#host.deployAll(specs).catch((error: unknown) => {
      for (const { id } of specs) this.#ended({ ruleId: id, kind: 'error', message: errorText(error) });
    });
    finish();
  }

  #ended(end: RunEnd): void {
    const rule = this.#rules.get(end.ruleId);
    if (rule === undefined) return;
    rule.life.ended(end);
    if (end.kind !== 'done') return;
    this.#turns
      .take(rule.id, () => this.#want(rule, false))
      .catch((error: unknown) => this.#options.logger.error(`rule ${rule.id}: ${errorText(error)}`));
  }

  /** Waits for a change under way, then checks the version. */
  async #prepare(old: Rule, version: string): Promise<void> {
    if (!isNewer(version, old.definition.version)) {
      throw serverErrors.RULE_VERSION(old.id, old.definition.version, version);
    }
    await settled(old.life);
  }

  #stopForUpdate(rule: Rule): void {
    rule.trace = false;
    if (rule.life.state === 'running' || rule.life.state === 'scheduled') rule.life.stop(stopMessages.update);
  }

  /** First start: at once, or with its schedule. */
  #begin(rule: Rule): void {
    this.#noteReads(rule);
    const { options } = rule.definition;
    const waits = isScheduled(options) && isDue(options, this.#options.optionDefaults(), rule.life) !== 'run';
    if (waits) void rule.life.settled().then(() => rule.life.awaitSchedule());
    else rule.life.scheduledStart();
  }

  #noteReads(rule: Rule): void {
    for (const name of rule.sources) this.#read.add(name);
  }

  async #redeploy(rule: Rule): Promise<void> {
    try {
      rule.report = await this.#deploy(rule.definition, '');
    } catch (error) {
      if (rule.life.state !== 'running') rule.life.fail(errorText(error));
      throw error;
    }
  }

  /** @param prefix of what is wrong with the SQL, which belongs to the rule's JSON */
  async #deploy(definition: RuleDefinition, prefix: string): Promise<PlanReport> {
    try {
      return await this.#host.deploy(this.#options.spec(definition));
    } catch (error) {
      throw planError(error, prefix);
    }
  }

  #parse(text: string, pathId: string | null, prefix: string): RuleDefinition {
    try {
      return parseRule(text, pathId, this.#options.optionDefaults());
    } catch (error) {
      throw withPrefix(prefix, error, 1000);
    }
  }

  async #keepNew(id: string, text: string, definition: RuleDefinition): Promise<Rule> {
    const stored = modernized(text);
    if (!definition.temp) {
      try {
        await this.#table.add(id, stored);
      } catch (error) {
        await this.#host.remove(id);
        throw withPrefix('store the rule error', error, 1000);
      }
    }
    return this.#register(id, stored, definition);
  }

  async #rewrite(rule: Rule, text: string, definition: RuleDefinition | null): Promise<void> {
    const temp = definition?.temp ?? !this.#table.has(rule.id);
    if (!temp) await this.#table.set(rule.id, text);
    else await this.#table.delete(rule.id);
    rule.rewrite(text, definition);
  }

  /** Stores what is wanted of a rule. */
  async #want(rule: Rule, triggered: boolean): Promise<void> {
    if (rule.definition.triggered === triggered && rule.text.includes('"triggered"')) return;
    await this.#rewrite(rule, withTriggered(rule.text, triggered), null);
  }

  #register(id: string, text: string, definition: RuleDefinition | null): Rule {
    const { clock, optionDefaults } = this.#options;
    const life = new RuleLifecycle(id, this.#host, () => clock.now());
    const rule = new Rule(id, text, life, (stored) => readRule(stored, id, optionDefaults()), definition);
    this.#rules.set(id, rule);
    return rule;
  }
}

/** The SQL of a rule is part of its JSON, so what its parser says carries the prefix of bad JSON. */
export function planError(error: unknown, prefix: string): KuiperError {
  const isSql = error instanceof KuiperError && (error.id === 'PARSE_SQL' || error.id === 'NOT_SELECT');
  return withPrefix(isSql ? prefix : '', error, ruleCode(error));
}
