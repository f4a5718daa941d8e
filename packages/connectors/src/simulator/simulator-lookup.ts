/** Lookup `simulator`: a fixed table. Source: behaviour spec, io §16. */
import { prop, type Row } from '@kuiper/base';
import { defineLookup, type LookupDeclaration } from '@kuiper/sdk';
import { sameValue } from '../memory/same-value.ts';

const props = {
  data: prop.list({
    default: [],
    example: '[{"id": 1, "name": "pump"}]',
    label: { en: 'Rows', zh: '数据' },
    about: { en: 'The rows of the table.', zh: '表中的数据。' },
  }),
};

export const simulatorLookup: LookupDeclaration = defineLookup({
  type: 'simulator',
  about: { en: 'Looks up configured rows, for trials and tests.', zh: '查询配置的数据，用于试用和测试。' },
  props,
  open(_context, p) {
    const rows = p.data as readonly Row[];
    return {
      lookup: (_fields, keys, values) =>
        rows.filter((row) => keys.every((key, i) => sameValue(row[key] ?? null, values[i]))),
      close() {},
    };
  },
});
