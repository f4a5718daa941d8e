/** The operators of graph rules and their properties, for user interfaces. Source: behaviour spec, runtime §16.3. */

interface Text {
  readonly en_US: string;
  readonly zh_CN: string;
}

interface OperatorProperty {
  readonly name: string;
  readonly optional: boolean;
  readonly control: 'text' | 'select' | 'radio' | 'list' | 'textarea';
  readonly type: 'string' | 'int' | 'bool' | 'list_string' | 'list_object';
  readonly values?: readonly string[];
  readonly hint: Text;
  readonly label: Text;
}

interface Operator {
  readonly name: string;
  readonly description: Text;
  readonly properties: readonly OperatorProperty[];
}

type Extra = Partial<Pick<OperatorProperty, 'optional' | 'control' | 'type' | 'values'>>;

function property(name: string, en: string, zh: string, extra: Extra = {}): OperatorProperty {
  const label = { en_US: name, zh_CN: name };
  return { name, optional: false, control: 'text', type: 'string', hint: { en_US: en, zh_CN: zh }, label, ...extra };
}

const list: Extra = { control: 'list', type: 'list_string' };

export const operators: readonly Operator[] = [
  {
    name: 'filter',
    description: { en_US: 'Lets the rows through that meet a condition.', zh_CN: '只让满足条件的数据通过。' },
    properties: [property('expr', 'The condition.', '条件表达式。')],
  },
  {
    name: 'function',
    description: { en_US: 'Adds the result of a function to each row.', zh_CN: '把函数结果加入每条数据。' },
    properties: [property('expr', 'The call, with AS for the name of its result.', '函数调用，可用 AS 指定结果名。')],
  },
  {
    name: 'groupby',
    description: { en_US: 'Groups the rows of a window.', zh_CN: '对窗口内的数据分组。' },
    properties: [property('dimensions', 'What to group by.', '分组的表达式。', list)],
  },
  {
    name: 'join',
    description: { en_US: 'Joins rows of several sources.', zh_CN: '连接多个数据源的数据。' },
    properties: [
      property('from', 'The source on the left.', '左侧的数据源。'),
      property('joins', 'Sources to join, with type and condition.', '要连接的数据源、类型和条件。', {
        control: 'list',
        type: 'list_object',
      }),
    ],
  },
  {
    name: 'orderby',
    description: { en_US: 'Sorts the rows of a window.', zh_CN: '对窗口内的数据排序。' },
    properties: [property('sorts', 'Fields to sort by.', '排序的字段。', { control: 'list', type: 'list_object' })],
  },
  {
    name: 'pick',
    description: { en_US: 'Chooses the fields of the output.', zh_CN: '选择输出的字段。' },
    properties: [property('fields', 'Fields or expressions, as in SELECT.', '字段或表达式，同 SELECT。', list)],
  },
  {
    name: 'script',
    description: { en_US: 'Runs a JavaScript function on each input.', zh_CN: '对每个输入运行 JavaScript 函数。' },
    properties: [
      property('script', 'A script with the function exec.', '含有 exec 函数的脚本。', { control: 'textarea' }),
    ],
  },
  {
    name: 'switch',
    description: { en_US: 'Sends rows different ways by conditions.', zh_CN: '按条件把数据送往不同的分支。' },
    properties: [
      property('cases', 'One condition per way out.', '每个分支的条件。', list),
      property('stopAtFirstMatch', 'Only the first condition that is met counts.', '只取第一个满足的条件。', {
        optional: true,
        control: 'radio',
        type: 'bool',
      }),
    ],
  },
  {
    name: 'window',
    description: { en_US: 'Collects rows by time or number.', zh_CN: '按时间或数量收集数据。' },
    properties: [
      property('type', 'Kind of window.', '窗口类型。', {
        control: 'select',
        values: ['tumblingwindow', 'hoppingwindow', 'slidingwindow', 'sessionwindow', 'countwindow'],
      }),
      property('unit', 'Unit of time.', '时间单位。', {
        control: 'select',
        values: ['dd', 'hh', 'mi', 'ss', 'ms'],
        optional: true,
      }),
      property('size', 'Length, in units or rows.', '窗口长度，单位或条数。', { type: 'int' }),
      property('interval', 'Distance between windows, in units or rows.', '窗口间隔，单位或条数。', {
        type: 'int',
        optional: true,
      }),
    ],
  },
];

/** `GET /metadata/operators` */
export function operatorDocument(): unknown {
  return operators.map(({ name, description, properties }) => ({
    name,
    about: {
      trial: false,
      author: { name: '', email: '', company: '', website: '' },
      helpUrl: { en_US: '', zh_CN: '' },
      description,
    },
    properties,
    node: { category: 'operator', icon: 'iconPath', label: { en_US: name, zh_CN: name } },
  }));
}
