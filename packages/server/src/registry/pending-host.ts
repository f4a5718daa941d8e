/**
 * A host that is still coming up: what asks it to do something waits, what only looks finds nothing yet. So the REST API
 * answers while threads are being started.
 */
import type { RuleHost, RunEnd, TapEvent } from '@kuiper/host';

export class PendingHost implements RuleHost {
  readonly #opening: Promise<RuleHost>;
  #settle: { readonly resolve: (host: RuleHost) => void; readonly reject: (reason: unknown) => void } | null = null;
  #host: RuleHost | null = null;

  constructor() {
    this.#opening = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#opening.catch(() => {});
  }

  /** Everything that waits goes on with this host. */
  open(host: RuleHost): void {
    this.#host = host;
    this.#settle?.resolve(host);
  }

  /** There will be no host. */
  fail(reason: unknown): void {
    this.#settle?.reject(reason);
  }

  async plan(...args: Parameters<RuleHost['plan']>): ReturnType<RuleHost['plan']> {
    return (await this.#opening).plan(...args);
  }

  async deploy(...args: Parameters<RuleHost['deploy']>): ReturnType<RuleHost['deploy']> {
    return (await this.#opening).deploy(...args);
  }

  async deployAll(...args: Parameters<RuleHost['deployAll']>): Promise<void> {
    return (await this.#opening).deployAll(...args);
  }

  async start(ruleId: string): Promise<void> {
    return (await this.#opening).start(ruleId);
  }

  async stop(ruleId: string): Promise<void> {
    return (await this.#opening).stop(ruleId);
  }

  async remove(ruleId: string): Promise<void> {
    return (await this.#opening).remove(ruleId);
  }

  metrics(ruleId: string): ReturnType<RuleHost['metrics']> {
    return this.#host?.metrics(ruleId) ?? null;
  }

  topology(ruleId: string): ReturnType<RuleHost['topology']> {
    return this.#host?.topology(ruleId) ?? null;
  }

  async scanTables(ruleId: string): ReturnType<RuleHost['scanTables']> {
    return (await this.#opening).scanTables(ruleId);
  }

  async checkpoint(ruleId: string): Promise<void> {
    return (await this.#opening).checkpoint(ruleId);
  }

  async resetState(...args: Parameters<RuleHost['resetState']>): Promise<void> {
    return (await this.#opening).resetState(...args);
  }

  tap(ruleId: string, listener: (event: TapEvent) => void): () => void {
    if (this.#host !== null) return this.#host.tap(ruleId, listener);
    let detach: (() => void) | null = null;
    let isLeft = false;
    this.#opening.then(
      (host) => {
        if (!isLeft) detach = host.tap(ruleId, listener);
      },
      () => {},
    );
    return () => {
      isLeft = true;
      detach?.();
    };
  }

  async trial(...args: Parameters<RuleHost['trial']>): Promise<void> {
    return (await this.#opening).trial(...args);
  }

  async openTable(...args: Parameters<RuleHost['openTable']>): Promise<void> {
    return (await this.#opening).openTable(...args);
  }

  async closeTable(name: string): Promise<void> {
    return (await this.#opening).closeTable(name);
  }

  async putSchema(...args: Parameters<RuleHost['putSchema']>): Promise<void> {
    return (await this.#opening).putSchema(...args);
  }

  async deleteSchema(...args: Parameters<RuleHost['deleteSchema']>): Promise<void> {
    return (await this.#opening).deleteSchema(...args);
  }

  async putExtension(...args: Parameters<RuleHost['putExtension']>): ReturnType<RuleHost['putExtension']> {
    return (await this.#opening).putExtension(...args);
  }

  async dropExtension(...args: Parameters<RuleHost['dropExtension']>): Promise<void> {
    return (await this.#opening).dropExtension(...args);
  }

  async putConnection(...args: Parameters<RuleHost['putConnection']>): Promise<void> {
    return (await this.#opening).putConnection(...args);
  }

  async deleteConnection(id: string): Promise<void> {
    return (await this.#opening).deleteConnection(id);
  }

  async pingConnection(...args: Parameters<RuleHost['pingConnection']>): Promise<void> {
    return (await this.#opening).pingConnection(...args);
  }

  async connectionStatus(id: string): ReturnType<RuleHost['connectionStatus']> {
    return (await this.#opening).connectionStatus(id);
  }

  async sharedColumns(stream: string): ReturnType<RuleHost['sharedColumns']> {
    return (await this.#opening).sharedColumns(stream);
  }

  async serviceMetrics(): ReturnType<RuleHost['serviceMetrics']> {
    return (await this.#opening).serviceMetrics();
  }

  onEnd(listener: (end: RunEnd) => void): void {
    this.#opening.then(
      (host) => host.onEnd(listener),
      () => {},
    );
  }

  /** The host behind is closed by whoever opened it. */
  async close(): Promise<void> {}
}
