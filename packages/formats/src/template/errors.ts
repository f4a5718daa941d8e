/** Errors of data templates. Source: behaviour spec, io §4.1 and §7. */
import { defineErrors, ErrorCode, type ErrorSpec, type ErrorTable } from '@kuiper/base';

type TemplateErrorSpecs = {
  readonly TEMPLATE_PARSE: ErrorSpec<[name: string, line: number, why: string]>;
};

/** What stops a rule from being created. A template that fails on a row raises a row error. */
export const templateErrors: ErrorTable<TemplateErrorSpecs> = defineErrors<TemplateErrorSpecs>({
  TEMPLATE_PARSE: {
    code: ErrorCode.executor,
    domain: 'user',
    text: (name, line, why) => `template: ${name}:${line}: ${why}`,
  },
});
