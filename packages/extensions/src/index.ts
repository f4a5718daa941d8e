export type { Archive, ArchiveEntry, PlacedFile } from './archive/archive.ts';
export { ExtensionHost } from './extension-host.ts';
export type { ExtensionProvider, PreparedCall } from './extension-provider.ts';
export {
  type ExtensionKey,
  type ExtensionKind,
  type ExtensionRecord,
  type ExtensionSymbol,
  extensionId,
  type NativeRecord,
  type PortableRecord,
  type ScriptRecord,
  type ServiceRecord,
  type SymbolKind,
  type WasmFunction,
  type WasmRecord,
} from './extension-record.ts';
export { type ExtensionSurroundings, extensionProviders } from './providers.ts';
export type { ControlArgument, PortableControl, PortableState, PortableStatus } from './portable/portable-control.ts';
export { defaultPortableOptions, type PortableOptions } from './portable/portable-options.ts';
export type { TemplateCompiler } from './native/plugin-context.ts';
export type { ServiceCallMetrics } from './service/call-metrics.ts';
export { defaultScriptLimits, ScriptHost, type ScriptHostOptions } from './script/script-host.ts';
export { type ScriptLimits, ScriptVm } from './script/script-vm.ts';
