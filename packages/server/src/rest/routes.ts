/** Every route of the REST API. */
import type { RestServer, Route } from '../http/rest-server.ts';
import type { Services } from '../services.ts';
import { batchRoutes } from './batch.ts';
import { confKeyRoutes } from './conf-keys.ts';
import { connectionRoutes } from './connections.ts';
import { metadataRoutes } from './metadata.ts';
import { metricsRoutes } from './metrics.ts';
import { nativePluginRoutes } from './native-plugins.ts';
import { pluginLogRoutes } from './plugin-logs.ts';
import { portablePluginRoutes } from './portable-plugins.ts';
import { ruleTagRoutes } from './rule-tags.ts';
import { ruleTestRoutes } from './rule-tests.ts';
import { ruleRoutes } from './rules.ts';
import { schemaRoutes } from './schemas.ts';
import { scriptRoutes } from './scripts.ts';
import { serviceRoutes } from './services.ts';
import { streamRoutes } from './streams.ts';
import { systemRoutes } from './system.ts';
import { tapRoutes } from './tap.ts';
import { transferRoutes } from './transfer.ts';
import { uploadRoutes } from './uploads.ts';
import { wasmPluginRoutes } from './wasm-plugins.ts';

export function restRoutes(services: Services, server: RestServer): Route[] {
  return [
    ...systemRoutes(services),
    ...streamRoutes(services),
    ...ruleRoutes(services),
    ...ruleTagRoutes(services),
    ...tapRoutes(services),
    ...ruleTestRoutes(services, () => server.port),
    ...confKeyRoutes(services),
    ...metadataRoutes(services),
    ...connectionRoutes(services),
    ...uploadRoutes(services),
    ...transferRoutes(services),
    ...schemaRoutes(services),
    ...scriptRoutes(services),
    ...nativePluginRoutes(services),
    ...portablePluginRoutes(services),
    ...pluginLogRoutes(services),
    ...wasmPluginRoutes(services),
    ...serviceRoutes(services),
    ...metricsRoutes(services),
    ...batchRoutes((request) => server.dispatch(request)),
  ];
}
