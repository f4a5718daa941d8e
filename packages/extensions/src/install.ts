/**
 * The control plane of extensions: archives, manifests, installers, plugin processes. Threads that run rules load the
 * package's other entry. Heavy parts (interpreters, parsers) are imported when they are first needed.
 */
export type { Archive, ArchiveEntry, PlacedFile } from './archive/archive.ts';
export { placeFiles, type Placement, type PlacementOptions, recoverPlacements } from './archive/place-files.ts';
export { type ArchiveLimits, defaultArchiveLimits, readArchive } from './archive/read-archive.ts';
export { runInstallScript } from './archive/run-install-script.ts';
export { type WasmInstallation, WasmInstaller } from './wasm/wasm-installer.ts';
