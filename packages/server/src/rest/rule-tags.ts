/** Tags of rules and what is done to all rules of a tag. Source: behaviour spec, rest-cli-config §4.4. */
import { errorText } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { parseFirstJson, readFields } from '../http/json-body.ts';
import { emptyReply, orderedJson, type Reply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import type { RuleRegistry } from '../registry/rule-registry.ts';
import type { Services } from '../services.ts';

type TagChange = (old: readonly string[], given: readonly string[]) => readonly string[];

const changes: Readonly<Record<'PUT' | 'PATCH' | 'DELETE', TagChange>> = {
  PUT: (_old, given) => given,
  // Doubles within one request stay doubles.
  PATCH: (old, given) => [...old, ...given.filter((tag) => !old.includes(tag))],
  DELETE: (old, given) => old.filter((tag) => !given.includes(tag)),
};

export function ruleTagRoutes({ rules }: Services): Route[] {
  const changing = (method: keyof typeof changes): Route => ({
    method,
    path: '/rules/:name/tags',
    handle: async (request) => {
      const tags = readTags(request);
      try {
        await rules.tag(param(request, 'name'), (old) => changes[method](old, tags));
      } catch (error) {
        throw withPrefix('Get rule error', error);
      }
      return emptyReply;
    },
  });
  return [
    changing('PUT'),
    changing('PATCH'),
    changing('DELETE'),
    {
      method: 'GET',
      path: '/rules/tags/match',
      handle: (request) => {
        const ids = rules.withTags(readTags(request)).map(({ id }) => id);
        return orderedJson(ids.length === 0 ? {} : { rules: ids });
      },
    },
    {
      method: 'POST',
      path: '/rules/bulkstart',
      handle: (request) => bulk(rules, request, 'start', (id) => rules.start(id)),
    },
    {
      method: 'POST',
      path: '/rules/bulkstop',
      handle: (request) => bulk(rules, request, 'stop', (id) => rules.stop(id)),
    },
  ];
}

async function bulk(
  rules: RuleRegistry,
  request: RestRequest,
  verb: string,
  work: (id: string) => Promise<void>,
): Promise<Reply> {
  const matching = rules.withTags(readTags(request));
  if (matching.length === 0) throw serverErrors.RULE(`bulk ${verb} failed: no matching rules`);
  const results = matching.map(async ({ id }) => {
    try {
      await work(id);
      return { ruleId: id, success: true };
    } catch (error) {
      return { ruleId: id, success: false, error: errorText(error) };
    }
  });
  return orderedJson(await Promise.all(results));
}

function readTags(request: RestRequest): readonly string[] {
  try {
    return readFields(parseFirstJson(bodyText(request)), { tags: 'strings' }).tags ?? [];
  } catch (error) {
    throw withPrefix('decode body error', error, 1000);
  }
}
