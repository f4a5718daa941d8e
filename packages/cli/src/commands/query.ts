/**
 * `kuiper query`: statements typed at a prompt. A SELECT runs as a temporary rule whose rows are printed; each one takes
 * the place of the one before. Other statements are about streams and tables. `quit` or `exit` leaves.
 * Source: behaviour spec, rest-cli-config §9.1 (CreateQuery, GetQueryResult) and §9.2.
 */
import { randomUUID } from 'node:crypto';
import readline from 'node:readline';
import { errorText } from '@kuiper/base';
import { cliErrors } from '../errors.ts';
import type { RestClient } from '../rest-client.ts';
import type { ServerEvent } from '../server-events.ts';
import type { Terminal } from '../terminal.ts';
import { type Call, type Command, segment } from './command.ts';
import { sendStatement } from './streams.ts';
import { countOption, openTap, printRows, takeCount } from './tap.ts';

const prompt = 'kuiper > ';
const submitted = 'Query was submit successfully.';

/** How often a running query is looked after. */
const watchMs = 500;

export const queryCommand: Command = {
  words: ['query'],
  usage: `['<select>']`,
  about: 'run SELECT statements from a prompt, or the one given until Ctrl-C',
  options: [countOption],
  follows: true,
  run: async (call) => {
    const { args, client, terminal } = call;
    if (args.length > 0) return runOne(call, args.join(' '));
    await runPrompt(client, terminal);
    return null;
  },
};

async function runOne(call: Call, sql: string): Promise<null> {
  const { client, terminal } = call;
  const limit = takeCount(call);
  const query = await Query.create(client, sql, terminal.interrupted);
  const events = await query.start();
  terminal.remark(submitted);
  const message = await query.follow(events, terminal, limit);
  if (message !== null && !message.startsWith('done')) throw cliErrors.QUERY_STOPPED(message);
  return null;
}

async function runPrompt(client: RestClient, terminal: Terminal): Promise<void> {
  const lines = readline.createInterface({
    input: terminal.input,
    ...(terminal.isInteractive && { output: terminal.output, prompt, terminal: true }),
  });
  const ask = (): void => {
    if (terminal.isInteractive) lines.prompt(true);
  };
  // Rows come while somebody types: they go above the line being typed.
  const above: Terminal = {
    ...terminal,
    print: async (line) => {
      if (terminal.isInteractive) terminal.output.write('\r\u001b[K');
      await terminal.print(line);
      ask();
    },
  };
  const leave = (): void => lines.close();
  terminal.interrupted.addEventListener('abort', leave);
  lines.on('SIGINT', leave);
  let query: Query | null = null;
  ask();
  for await (const line of lines) {
    const sql = line.trim().replace(/;$/, '');
    if (/^(quit|exit)$/i.test(sql)) break;
    try {
      if (/^(create|drop|describe|show|explain)\s/i.test(sql)) await terminal.print(await sendStatement(client, sql));
      else if (sql !== '') {
        const next = await Query.create(client, sql, terminal.interrupted);
        await query?.stop();
        query = next;
        const events = await next.start();
        await terminal.print(submitted);
        void next.follow(events, above, Number.POSITIVE_INFINITY).then(
          (message) => {
            if (message === null) return;
            terminal.remark(cliErrors.QUERY_STOPPED(message).message);
            ask();
          },
          (error: unknown) => terminal.remark(errorText(error)),
        );
      }
    } catch (error) {
      terminal.remark(errorText(error));
    }
    ask();
  }
  lines.close();
  terminal.interrupted.removeEventListener('abort', leave);
  await query?.stop();
}

/** One temporary rule and the tap on it. */
class Query {
  readonly #client: RestClient;
  readonly #id: string;
  readonly #stopped = new AbortController();
  readonly #over: AbortSignal;
  #ended: Promise<string | null> = Promise.resolve(null);

  private constructor(client: RestClient, id: string, interrupted: AbortSignal) {
    this.#client = client;
    this.#id = id;
    this.#over = AbortSignal.any([this.#stopped.signal, interrupted]);
  }

  /** Throws what the server says about the statement. */
  static async create(client: RestClient, sql: string, interrupted: AbortSignal): Promise<Query> {
    const id = `kuiper_query_${randomUUID().slice(0, 8)}`;
    const rule = { id, temp: true, triggered: false, sql, actions: [{ nop: {} }], options: { sendError: true } };
    await client.send('POST', '/rules', JSON.stringify(rule));
    return new Query(client, id, interrupted);
  }

  /** The tap is on before the first row can come. Drops the rule again when it cannot start. */
  async start(): Promise<AsyncGenerator<ServerEvent>> {
    try {
      const events = await openTap(this.#client, this.#id, this.#over);
      await this.#client.send('POST', `/rules/${segment(this.#id)}/start`);
      return events;
    } catch (error) {
      this.#stopped.abort();
      await this.#drop();
      throw error;
    }
  }

  /**
   * Prints rows until it is over and then drops the rule.
   * @returns why the rule stopped by itself; null when it was told to, or has given all rows asked for
   */
  follow(events: AsyncGenerator<ServerEvent>, terminal: Terminal, limit: number): Promise<string | null> {
    this.#ended = this.#follow(events, terminal, limit);
    return this.#ended;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#ended.catch(() => {});
  }

  async #follow(events: AsyncGenerator<ServerEvent>, terminal: Terminal, limit: number): Promise<string | null> {
    let message: string | null = null;
    try {
      const watched = this.#watch();
      watched.catch(() => {}); // Told below, unless the tap fails first.
      await printRows(events, terminal, limit);
      this.#stopped.abort();
      message = await watched;
    } finally {
      if (message === null) await this.#drop();
    }
    return message;
  }

  /** Ends the tap once the rule has stopped by itself: dropping the rule sends what is under way first. */
  async #watch(): Promise<string | null> {
    while (await waited(watchMs, this.#over)) {
      const status = JSON.parse(await this.#client.send('GET', `/rules/${segment(this.#id)}/status`)) as {
        readonly status: string;
        readonly message: string;
      };
      if (!status.status.startsWith('stopped')) continue;
      await this.#drop();
      return status.message || status.status;
    }
    return null;
  }

  /** The rule, or the server, may be gone already. */
  async #drop(): Promise<void> {
    await this.#client.send('DELETE', `/rules/${segment(this.#id)}`).catch(() => {});
  }
}

/** @returns false when it was over before the time */
function waited(ms: number, over: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (over.aborted) return resolve(false);
    const end = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      over.removeEventListener('abort', end);
      resolve(true);
    }, ms);
    over.addEventListener('abort', end, { once: true });
  });
}
