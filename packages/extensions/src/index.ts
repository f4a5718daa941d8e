export { defaultScriptLimits, ScriptHost, type ScriptHostOptions } from './script/script-host.ts';
export { type ScriptLimits, ScriptVm } from './script/script-vm.ts';
