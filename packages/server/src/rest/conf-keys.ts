/** Configuration keys under `/metadata`. Source: behaviour spec, rest-cli-config §4.10. */
import { bagText, decodeProps, errorText, jsonText, type PropSchema } from '@kuiper/base';
import { serverErrors, withPrefix } from '../errors.ts';
import { asMap, parseJson } from '../http/json-body.ts';
import { emptyReply, orderedText, sortedJson, textReply } from '../http/reply.ts';
import { bodyText, param, type RestRequest } from '../http/request.ts';
import type { Route } from '../http/rest-server.ts';
import { checkId } from '../registry/check-id.ts';
import type { ConfKind, PropBag } from '../registry/conf-keys.ts';
import type { Services } from '../services.ts';
import { metadataText } from './metadata-texts.ts';

const kinds: readonly ConfKind[] = ['sources', 'sinks', 'connections'];

export function confKeyRoutes(services: Services): Route[] {
  return [...kinds.flatMap((kind) => kindRoutes(services, kind)), ...resourceRoutes(services)];
}

function kindRoutes({ confKeys, catalog }: Services, kind: ConfKind): Route[] {
  return [
    {
      method: 'GET',
      path: `/metadata/${kind}/yaml/:type`,
      handle: (request) => {
        const type = param(request, 'type');
        const keys = confKeys.describe(kind, type);
        if (keys === null) throw notFound(request, `${kind}.${type}`);
        return sortedJson(keys);
      },
    },
    {
      method: 'PUT',
      path: `/metadata/${kind}/:type/confKeys/:key`,
      handle: async (request) => {
        const type = param(request, 'type');
        const key = checkKey(request);
        const props = readProps(request, kind, type);
        const declaration = kind === 'sources' ? catalog.sources.get(type) : catalog.sinks.get(type);
        const isChecked = kind !== 'connections' && declaration !== undefined && checkedTypes.has(`${kind}.${type}`);
        if (isChecked) checkProps(declaration, props);
        await confKeys.put(kind, type, key, props);
        return emptyReply;
      },
    },
    {
      method: 'DELETE',
      path: `/metadata/${kind}/:type/confKeys/:key`,
      handle: async (request) => {
        const type = param(request, 'type');
        const key = checkKey(request);
        if (confKeys.describe(kind, type) === null) throw notFound(request, `${kind}.${type}`);
        if (!confKeys.hasStored(kind, type, key)) {
          throw serverErrors.CONFIG_KEY(
            `${metadataText('writeFail', request.headers)}${kind}.${type}.${key} is not found`,
          );
        }
        await confKeys.delete(kind, type, key);
        return emptyReply;
      },
    },
  ];
}

/** Types whose properties are checked when a key is stored; others are checked when they are used. */
const checkedTypes = new Set(['sources.redisSub', 'sinks.redis']);

function checkProps(
  declaration: { readonly props: PropSchema; check?(props: never, dataSource: string): void },
  props: PropBag,
): void {
  let decoded: unknown;
  try {
    decoded = decodeProps(props, declaration.props);
  } catch (error) {
    throw serverErrors.CONFIG_KEY(`read properties ${bagText(props)} fail with error: ${errorText(error)}`);
  }
  try {
    declaration.check?.(decoded as never, '');
  } catch (error) {
    throw serverErrors.CONFIG_KEY(errorText(error), { cause: error });
  }
}

function resourceRoutes({ confKeys }: Services): Route[] {
  return [
    {
      method: 'GET',
      path: '/metadata/resource',
      handle: (request) => {
        const wanted = request.query.get('sourceType');
        const result: Record<string, Record<string, PropBag>> = {};
        for (const [type, keys] of Object.entries(confKeys.all('sources'))) {
          const matching = Object.entries(keys).filter(([, props]) => wanted === null || props.sourceType === wanted);
          if (matching.length > 0) result[type] = Object.fromEntries(matching);
        }
        return textReply(jsonText(result));
      },
    },
    {
      method: 'GET',
      path: '/metadata/resources',
      handle: () => {
        const listed = (kind: ConfKind): unknown => {
          const lists = Object.entries(confKeys.stored(kind)).map(([type, keys]) =>
            Object.fromEntries(Object.keys(keys).map((key) => [key, type])),
          );
          return lists.length === 0 ? null : lists;
        };
        return textReply(orderedText({ sinks: listed('sinks'), sources: listed('sources') }));
      },
    },
  ];
}

export function notFound(request: RestRequest, what: string): Error {
  return serverErrors.CONFIG_KEY(`${metadataText('pluginAbsent', request.headers)}${what}`);
}

function checkKey(request: RestRequest): string {
  try {
    return checkId(param(request, 'key'));
  } catch (error) {
    throw withPrefix('Invalid confKey', error, 1000);
  }
}

function readProps(request: RestRequest, kind: ConfKind, type: string): PropBag {
  try {
    return asMap(parseJson(bodyText(request)));
  } catch (error) {
    if (kind === 'connections') throw withPrefix('Invalid body', error, 1000);
    throw serverErrors.CONFIG_KEY(`${metadataText('typeConversion', request.headers)}${type}.${errorText(error)}`);
  }
}
