/**
 * The control plane of extensions: archives, manifests, installers, plugin processes. Threads that run rules load the
 * package's other entry. Heavy parts (interpreters, parsers) are imported when they are first needed.
 */
export type { Archive, ArchiveEntry, PlacedFile } from './archive/archive.ts';
export { placeFiles, type Placement, type PlacementOptions, recoverPlacements } from './archive/place-files.ts';
export { type ArchiveLimits, defaultArchiveLimits, readArchive } from './archive/read-archive.ts';
export * from './extension-record.ts';
export { runInstallScript } from './archive/run-install-script.ts';
export { type WasmInstallation, WasmInstaller } from './wasm/wasm-installer.ts';
export type { PortableManifest, PortableSymbolKind } from './portable/manifest.ts';
export type { PluginProgram } from './portable/plugin-program.ts';
export {
  type Installation,
  type InstalledPortable,
  PortableInstaller,
  type PortableInstallerOptions,
  symbolFiles,
} from './portable/portable-installer.ts';
export { defaultPortableOptions, type PortableOptions } from './portable/portable-options.ts';
export { PortablePlugins, type PortablePluginsOptions } from './portable/portable-plugins.ts';
export type { PortableReport } from './portable/supervised-plugin.ts';
export { Supervisor, type SupervisorOptions } from './portable/supervisor.ts';
export {
  type InstalledService,
  type ServiceFunction,
  type ServiceInstallation,
  ServiceInstaller,
  type ServiceInstallerOptions,
} from './service/service-installer.ts';
export {
  type InstalledNative,
  type NativeInstallation,
  NativeInstaller,
  type NativeInstallerOptions,
  type NativeSettings,
  type NativeType,
  nativeTypes,
} from './native/native-installer.ts';
export { prebuiltUrls } from './native/prebuilt-plugins.ts';
export type { InterfaceDescription, ServiceDescription } from './service/service-description.ts';
export { ScriptHost } from './script/script-host.ts';
