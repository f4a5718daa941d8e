export { type Directories, findDirectories } from './config/directories.ts';
export { type Flags, readFlags } from './config/flags.ts';
export { type KuiperServer, type ServerOptions, startServer } from './server.ts';
export { version } from './version.ts';
