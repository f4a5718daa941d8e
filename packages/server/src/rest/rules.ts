/** `/rules`: definitions, lives, status. Source: behaviour spec, rest-cli-config §4.3, §4.4 and §6. */
import { errorText, KuiperError, type Logger } from '@kuiper/base';
import { ruleCode, serverErrors, withPrefix } from '../errors.ts';
import { isMap, parseFirstJson, parseJson, property, readFields } from '../http/json-body.ts';
import {
  emptyReply,
  jsonReply,
  jsonType,
  orderedJson,
  plainType,
  type Reply,
  sortedJson,
  textReply,
  withPlace,
} from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import { stateTexts } from '../registry/rule-lifecycle.ts';
import type { Rule } from '../registry/rule.ts';
import { planError } from '../registry/rule-registry.ts';
import { latestException, type StatusDocument, statusDocument } from '../registry/rule-status.ts';
import { ruleSources } from '../registry/rule-planner.ts';
import { unknownOptions } from '../registry/rule-options.ts';
import { nextStart } from '../registry/schedule.ts';
import type { Services } from '../services.ts';

export function ruleRoutes(services: Services): Route[] {
  return [...definitionRoutes(services), ...statusRoutes(services), ...planRoutes(services), ...lifeRoutes(services)];
}

function definitionRoutes({ rules, logger }: Services): Route[] {
  return [
    { method: 'GET', path: '/rules', handle: () => orderedJson(rules.list().map(listEntry)) },
    {
      method: 'POST',
      path: '/rules',
      handle: async (request) => {
        const text = bodyText(request);
        const id = await rules.create(text);
        return withNotices(textReply(`Rule ${id} was created successfully.`, 201), optionNotices(text), logger);
      },
    },
    {
      method: 'GET',
      path: '/rules/:name',
      handle: (request) => {
        const name = checkId(param(request, 'name'));
        const text = rules.storedText(name);
        if (text === undefined) throw serverErrors.NOT_FOUND(`Describe rule error: Rule ${name} is not found.`);
        return jsonReply(text);
      },
    },
    {
      method: 'PUT',
      path: '/rules/:name',
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        try {
          await rules.update(name, bodyText(request));
        } catch (error) {
          throw withPrefix('Update rule error', error, ruleCode(error));
        }
        const notices = optionNotices(bodyText(request));
        return withNotices(textReply(`Rule ${name} was updated successfully.`), notices, logger);
      },
    },
    {
      method: 'DELETE',
      path: '/rules/:name',
      handle: async (request) => {
        const name = checkId(param(request, 'name'));
        try {
          await rules.delete(name);
        } catch (error) {
          throw withPrefix('Delete rule error', error, 1000);
        }
        return textReply(`Rule ${name} is dropped.`);
      },
    },
  ];
}

/** What was accepted but does nothing, of a rule that was just accepted. */
function optionNotices(text: string): string[] {
  const rule = parseJson(text);
  return isMap(rule) ? unknownOptions(property(rule, 'options')) : [];
}

/** Notices go to the log and, as bodies are fixed, into a header: `Kuiper-Notice: a; b`. */
function withNotices(reply: Reply, notices: readonly string[], logger: Logger): Reply {
  if (notices.length === 0) return reply;
  for (const notice of notices) logger.warn(`${String(reply.body)} ${notice}`);
  const shown = notices.join('; ').replace(/[^ -~]/g, '?');
  return { ...reply, headers: { ...reply.headers, 'Kuiper-Notice': shown } };
}

function listEntry(rule: Rule): unknown {
  const status = stateTexts[rule.life.state];
  try {
    const { name, tags, version } = rule.definition;
    const shown = rule.definition.temp
      ? { name: rule.id, version: '' }
      : { name: name === '' ? rule.id : name, version };
    return { id: rule.id, name: shown.name, status, tags, trace: rule.trace, version: shown.version };
  } catch {
    return { id: rule.id, name: rule.id, status, tags: null, trace: false, version: '' };
  }
}

function statusRoutes(services: Services): Route[] {
  const { rules, host, clock, settings } = services;
  const status = (request: RestRequest): StatusDocument => {
    const name = param(request, 'name');
    const rule = rules.get(name);
    if (rule === undefined) throw serverErrors.NOT_FOUND(`get rule status error: Rule ${name} is not found`);
    const now = { nowMs: clock.now(), timeZone: settings.timeZone };
    return statusDocument(rule.life, nextStart(rule.definition.options, now), host.metrics(name));
  };
  return [
    {
      method: 'GET',
      path: '/rules/:name/status',
      handle: (request) => ({ status: 200, type: jsonType, body: JSON.stringify(status(request), null, 2) }),
    },
    { method: 'GET', path: '/v2/rules/:name/status', handle: (request) => sortedJson(status(request)) },
    {
      method: 'GET',
      path: '/rules/status/all',
      handle: () =>
        orderedJson(
          Object.fromEntries(rules.list().map((rule) => [rule.id, latestException(rule.life, host.metrics(rule.id))])),
        ),
    },
    {
      method: 'GET',
      path: '/rules/:name/topo',
      handle: (request) => {
        const name = param(request, 'name');
        if (rules.get(name) === undefined)
          throw serverErrors.NOT_FOUND(`get rule topo error: Rule ${name} is not found`);
        const topology = host.topology(name);
        if (topology === null) throw withPrefix('get rule topo error', serverErrors.RULE_NO_TOPO(name));
        return orderedJson(topology);
      },
    },
    {
      method: 'GET',
      path: '/rules/:name/schema',
      handle: (request) => {
        const name = param(request, 'name');
        const rule = rules.get(name);
        if (rule === undefined) throw serverErrors.NOT_FOUND(`get rule schema error: Rule ${name} is not found`);
        if (rule.life.state !== 'running') throw withPrefix('get rule schema error', serverErrors.RULE_NO_TOPO(name));
        return sortedJson(rule.definition.sql === null ? null : (rule.report?.schema ?? {}));
      },
    },
    {
      method: 'GET',
      path: '/rules/:name/scantables',
      handle: (request) => scanTables(services, param(request, 'name')),
    },
    { method: 'GET', path: '/rules/usage/cpu', handle: () => textReply('cpu usage not enabled') },
  ];
}

async function scanTables({ rules, host }: Services, name: string): Promise<Reply> {
  const rule = rules.get(name);
  const failed = `failed to get topology for rule ${name}`;
  if (rule === undefined) throw serverErrors.NOT_FOUND(`${failed}: Rule ${name} is not found`);
  if (rule.life.state !== 'running') {
    throw serverErrors.RULE(`${failed}: topology not initialized, rule may not have been started`);
  }
  const edges = Object.keys(host.topology(name)?.edges ?? {});
  if (!edges.some((node) => /^op_\d+_join$/.test(node))) {
    throw serverErrors.RULE(`scan table error: join node is not found for ${name}`);
  }
  const tables = (await host.scanTables(name)).filter(({ content }) => content.length > 0);
  if (tables.length === 0) throw serverErrors.RULE('scan table error: unable to find tuples for the given scan table');
  return sortedJson(tables.flatMap(({ emitter, content }) => content.map((row) => ({ emitter, content: row }))));
}

function planRoutes({ rules, streams }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/rules/:name/explain',
      handle: async (request) => {
        const name = param(request, 'name');
        const rule = rules.get(name);
        if (rule === undefined) throw serverErrors.NOT_FOUND(`explain rules error: Rule ${name} is not found.`);
        if (rule.definition.sql === null) throw serverErrors.RULE('explain rules error: only support explain sql now');
        try {
          return textReply((await rules.plan(rule.definition)).explain ?? '');
        } catch (error) {
          throw withPrefix('explain rules error', error, ruleCode(error));
        }
      },
    },
    {
      method: 'GET',
      path: '/rules/:name/code',
      handle: async (request) => {
        const name = param(request, 'name');
        const rule = rules.get(name);
        if (rule === undefined) throw serverErrors.NOT_FOUND(`Rule ${name} is not found.`);
        return textReply((await rules.plan(rule.definition)).code);
      },
    },
    {
      method: 'POST',
      path: '/rules/validate',
      handle: async (request) => {
        try {
          const definition = rules.parse(bodyText(request), 'invalid rule json');
          await rules.plan(definition).catch((error: unknown) => {
            if (definition.graph !== null) throw withPrefix('invalid ruleDef graph', error, 1000);
            const known = planError(error, 'invalid rule json');
            if (known.id === 'PARSE_SQL' || known.id === 'NOT_SELECT') throw known;
          });
          const sources = ruleSources(definition);
          const missing = sources.find((source) => streams.find(source) === undefined);
          if (missing !== undefined) throw serverErrors.RULE(`${missing} is not found`);
          return sortedJson({ sources: sources.length === 0 ? null : sources, valid: true });
        } catch (error) {
          return withPlace({ status: 422, type: plainType, body: errorText(error) }, error, request.headers.accept);
        }
      },
    },
  ];
}

function lifeRoutes({ rules, host }: Services): Route[] {
  const prefixed = async (prefix: string, work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      const code = error instanceof Error && 'code' in error && error.code === 1002 ? 1002 : ruleCode(error);
      throw withPrefix(prefix, error, code);
    }
  };
  return [
    {
      method: 'POST',
      path: '/rules/:name/start',
      handle: async (request) => {
        const name = param(request, 'name');
        await prefixed('start rule error', rules.start(name));
        return textReply(`Rule ${name} was started`);
      },
    },
    {
      method: 'POST',
      path: '/rules/:name/stop',
      handle: async (request) => {
        const name = param(request, 'name');
        await prefixed('stop rule error', rules.stop(name));
        return textReply(`Rule ${name} was stopped.`);
      },
    },
    {
      method: 'POST',
      path: '/rules/:name/restart',
      handle: async (request) => {
        const name = param(request, 'name');
        await prefixed('restart rule error', rules.restart(name));
        return textReply(`Rule ${name} was restarted`);
      },
    },
    {
      method: 'PUT',
      path: '/rules/:name/reset_state',
      handle: async (request) => {
        const name = param(request, 'name');
        const { type = 0, params = {} } = readFields(parseFirstJson(bodyText(request)), { type: 'int', params: 'map' });
        const rule = rules.get(name);
        if (rule === undefined) throw serverErrors.RULE(`Rule ${name} is not found in registry`);
        if (rule.life.state !== 'running') throw serverErrors.RULE(`rule ${name} should be running when modify state`);
        await host.resetState(name, { type, params }).catch((error: unknown) => {
          const isFixed = error instanceof KuiperError && error.id === 'RESET_UNSUPPORTED';
          if (isFixed) throw serverErrors.RULE(`stream ${String(params.streamName)} not found in topo`);
          throw withPrefix('', error, 1000);
        });
        return textReply('success');
      },
    },
    {
      method: 'POST',
      path: '/rules/:name/trace/start',
      handle: (request) => {
        let body: unknown;
        try {
          body = parseFirstJson(bodyText(request));
          readFields(body, { strategy: 'string' });
        } catch (error) {
          throw withPrefix('Invalid body: Error decoding json', error, 1000);
        }
        traceable(rules.get(param(request, 'name')), param(request, 'name')).trace = true;
        return emptyReply;
      },
    },
    {
      method: 'POST',
      path: '/rules/:name/trace/stop',
      handle: (request) => {
        traceable(rules.get(param(request, 'name')), param(request, 'name')).trace = false;
        return emptyReply;
      },
    },
  ];
}

function traceable(rule: Rule | undefined, name: string): Rule {
  if (rule === undefined) throw serverErrors.RULE(`rule ${name} isn't existed`);
  if (rule.life.state !== 'running') {
    throw serverErrors.RULE(`rule ${rule.definition.name} set trace failed due to rule didn't started`);
  }
  return rule;
}
