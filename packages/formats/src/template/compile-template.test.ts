import { readFileSync } from 'node:fs';
import { DateTime, KuiperError, RowError } from '@kuiper/base';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompiledTemplate, compileTemplate } from './compile-template.ts';

const environment = {
  now: () => 1_700_000_000_000,
  random: () => 0.5,
  zone: 'UTC',
  pattern: () => {
    throw new Error('no regular expressions here');
  },
};

function compile(text: string): CompiledTemplate {
  return compileTemplate(text, environment);
}

function render(text: string, data: unknown): string {
  return compile(text).render(data);
}

const row = {
  a: 20,
  f: 3.5,
  big: 1625040000,
  i: 7n,
  s: 'aé"<x>',
  e: '',
  t: true,
  n: null,
  o: { k: 1, n: null, z: { y: [1, 2] } },
  l: [1, 'x', null, [2], { q: 1 }],
  m: {},
  el: [],
  value: 5,
  length: 6,
  constructor: 9,
  zone: 'z',
  rows: [{ a: 1 }, { a: 2 }],
};

const gives: readonly (readonly [template: string, text: string])[] = [
  [
    '{{.a}} {{.f}} {{.big}} {{.i}} {{.s}} {{.e}} {{.t}} {{.n}} {{.o}} {{.l}} {{.m}} {{.el}} {{.zz}}',
    '20 3.5 1.62504e+09 7 aé"<x>  true <no value> map[k:1 n:<nil> z:map[y:[1 2]]] [1 x <nil> [2] map[q:1]] map[] [] <no value>',
  ],
  [
    '{{.value}} {{.length}} {{.constructor}} {{.zone}} {{.o.constructor}} {{.o.length}} {{.toString}}',
    '5 6 9 z <no value> <no value> <no value>',
  ],
  ['{{.zz.y.x}}', '<no value>'],
  ['{{range .l}}{{.}},{{end}}', '1,x,<no value>,[2],map[q:1],'],
  ['{{range $i, $e := .l}}{{$i}}={{$e}};{{else}}none{{end}}', '0=1;1=x;2=<no value>;3=[2];4=map[q:1];'],
  ['{{range $e := .o}}{{$e}};{{end}}', '1;<no value>;map[y:[1 2]];'],
  ['{{range $k, $v := .o}}{{$k}}={{$v}};{{end}}', 'k=1;n=<no value>;z=map[y:[1 2]];'],
  [
    '{{range .el}}x{{else}}none{{end}}{{range .n}}x{{else}}none{{end}}{{range .zz}}x{{else}}none{{end}}',
    'nonenonenone',
  ],
  ['{{range 3}}{{.}}{{end}}{{range .i}}{{.}}{{printf "%T" .}}{{end}}', '0120int641int642int643int644int645int646int64'],
  ['{{range $i := 3}}{{$i}}{{printf "%T" $i}}{{end}}{{range 0}}{{else}}no{{end}}', '0int1int2intno'],
  ['{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}', '21'],
  ['{{$x := 1}}{{if true}}{{$x = 2}}{{$x}}{{end}}{{$x}}', '22'],
  ['{{if $x := .a}}{{$x}}{{else}}{{$x}}{{end}}', '20'],
  ['{{if .zz}}a{{else if .e}}b{{else if .t}}c{{else}}d{{end}}', 'c'],
  ['{{with .zz}}a{{else with .e}}b{{else with .o}}{{.k}}{{else}}d{{end}}', '1'],
  ['{{block "B" .a}}<{{.}}>{{end}}{{template "B" 3}}', '<20><3>'],
  ['{{/* c */}}a{{- /* c */ -}} b', 'ab'],
  ['a {{- 1 -}} b {{- "x"}}  {{1 -}}', 'a1bx  1'],
  [
    "{{\"q\\tA\\u00e9\\x41\\101\"}} {{`raw\\n`}} {{'a'}} {{'\\n'}} {{0x1F}} {{0b11}} {{0o17}} {{017}} {{1_000}} {{1.5}} {{1e3}} {{-3}} {{+4}} {{1.0}} {{1e6}} {{0x1p4}} {{.5}}",
    'q	AéAA raw\\n 97 10 31 3 15 15 1000 1.5 1000 -3 4 1 1e+06 16 0.5',
  ],
  ['{{true}} {{false}}', 'true false'],
  ['{{print nil}} {{print .zz .n 1 2 "a" 3 4}}|{{println 1 "a" .zz}}|', '<nil> <nil> <nil> 1 2a3 4|1 a <nil>\n|'],
  ['{{.a | print}} {{.a | printf "%v-%v" 1}} {{printf "%v" .a | printf "%s%s" "x"}}', '20 1-20 x20'],
  ['{{len .s}} {{len .l}} {{len .o}}', '7 5 3'],
  [
    '{{index .o "k"}} {{index .o "zz"}} {{index .l 1}} {{index .l 3 0}} {{index .s 1}} {{index .o "z" "y" 1}} {{index .l}}',
    '1 <no value> x 2 195 2 [1 x <nil> [2] map[q:1]]',
  ],
  ['{{.a | and .t}} {{.e | or .f}} {{0 | or 0}} {{.zz | or .n}}', '20 3.5 0 <no value>'],
  ['{{and true (or false .a)}} {{if and .t (gt .a 10.0)}}yes{{end}}', '20 yes'],
  [
    '{{eq .a 20.0}} {{eq .i 7}} {{eq 1 1}} {{eq "a" "a"}} {{eq .t true}} {{eq 1 2 3 1}} {{eq .s .s}} {{eq .zz .n}} {{eq .zz 1}} {{eq 1 .zz}} {{ne .i 7}}',
    'true true true true true true true true false false false',
  ],
  ['{{lt "a" "b"}} {{le 1 1}} {{gt 2.5 1.5}} {{ge "b" "a"}} {{lt .i 8}}', 'true true true true true'],
  [
    '{{html .s}} {{js .s}} {{urlquery .s}} {{html 1 2}} {{"a\'b=\\n" | js}} {{"a b/c?é~!*()\'" | urlquery}} {{html .zz}}',
    'aé&#34;&lt;x&gt; aé\\"\\u003Cx\\u003E a%C3%A9%22%3Cx%3E 1 2 a\\\'b\\u003D\\u000A a+b%2Fc%3F%C3%A9~%21%2A%28%29%27 &lt;no value&gt;',
  ],
  ['{{define "sink"}}x{{end}}', 'x'],
  ['{{define "a"}}x{{end}}{{define "a"}} {{end}}{{template "a"}}', 'x'],
  ['{{range .l}}{{if .}}{{break}}{{end}}{{.}}{{end}}', ''],
  ['{{range .l}}{{if eq . nil}}{{end}}{{end}}', ''],
  ['{{.a |}}', '20'],
  ['{{.a}}', '20'],
  ['{{- .a -}}', '20'],
  ['{{-3}} {{- 3}} {{3 -}}', '-33 3'],
  ['line1', 'line1'],
  ['{{print (1) (print 2 (print 3))}}', '123'],
  ['{{print (.zz).b}} {{(.zz).b}}', '<nil> <no value>'],
  ['{{(.n).b}}', '<no value>'],
  ['{{$x := .n}}{{$x.b}}', '<no value>'],
  ['{{$x := .zz}}{{$x.b}}', '<no value>'],
  ['{{$i := 0}}{{$e := 0}}{{range $i, $e = .l}}{{$i}}{{end}}{{$i}}{{$e}}', '012344map[q:1]'],
  ['{{$e := 0}}{{range $e = .l}}{{$e}}{{end}}{{$e}}', '1x<no value>[2]map[q:1]map[q:1]'],
  ['{{if ($z := .a)}}{{$z}}{{end}}', '20'],
  ['{{print $ | len}}', '201'],
  ['{{with $v := .o}}{{$v.k}}{{.k}}{{end}}', '11'],
  ['{{.a}}{{/*x*/}}{{.b}}', '20<no value>'],
  ['{{printf "%d" | print}}', '%!d(MISSING)'],
  ['{{.a | print 1 2}}', '1 2 20'],
  ['{{.rows}} {{range .rows}}{{.}}{{end}}', '[map[a:1] map[a:2]] map[a:1]map[a:2]'],
  ['{{.x.y | print | len}}', '5'],
  ['{{.s | len | printf "%03d"}}', '007'],
  ['{{"}}"}}', '}}'],
  ['{{range .l}}{{template "x" .}}{{end}}{{define "x"}}<{{.}}>{{end}}', '<1><x><<no value>><[2]><map[q:1]>'],
  ['{{\'x\'|printf "%c"}}', 'x'],
  ['x\n{{.a\n}}', 'x\n20'],
  ['{{print\n1\n2}}', '1 2'],
];

const fails: readonly (readonly [template: string, text: string])[] = [
  ['{{.n.y}}', 'template: sink:1:4: executing "sink" at <.n.y>: nil pointer evaluating interface {}.y'],
  ['{{.a.y}}', 'template: sink:1:4: executing "sink" at <.a.y>: can\'t evaluate field y in type interface {}'],
  ['{{.l.y}}', 'template: sink:1:4: executing "sink" at <.l.y>: can\'t evaluate field y in type interface {}'],
  ['{{.s.y}}', 'template: sink:1:4: executing "sink" at <.s.y>: can\'t evaluate field y in type interface {}'],
  ['{{.i.y}}', 'template: sink:1:4: executing "sink" at <.i.y>: can\'t evaluate field y in type interface {}'],
  ['{{.o.n.y}}', 'template: sink:1:4: executing "sink" at <.o.n.y>: nil pointer evaluating interface {}.y'],
  ['{{.o.z.y.x}}', 'template: sink:1:4: executing "sink" at <.o.z.y.x>: can\'t evaluate field x in type interface {}'],
  [
    '{{with .o}}{{.k}}{{$.a}}{{.q}}{{.n.x}}{{end}}',
    'template: sink:1:34: executing "sink" at <.n.x>: nil pointer evaluating interface {}.x',
  ],
  [
    '{{with .a}}{{.k}}{{end}}',
    'template: sink:1:13: executing "sink" at <.k>: can\'t evaluate field k in type float64',
  ],
  [
    '{{with .o.z.y}}{{.k}}{{end}}',
    'template: sink:1:17: executing "sink" at <.k>: can\'t evaluate field k in type []interface {}',
  ],
  [
    '{{range .l}}{{.q}},{{end}}',
    'template: sink:1:14: executing "sink" at <.q>: can\'t evaluate field q in type interface {}',
  ],
  [
    '{{range .rows}}{{.a}},{{.a.b}}{{end}}',
    'template: sink:1:26: executing "sink" at <.a.b>: can\'t evaluate field b in type interface {}',
  ],
  [
    '{{range $i, $e := .l}}{{$e.x}}{{end}}',
    'template: sink:1:26: executing "sink" at <$e.x>: can\'t evaluate field x in type interface {}',
  ],
  [
    '{{range $i, $j := 3}}{{$i}}{{$j}}{{end}}',
    'template: sink:1:18: executing "sink" at <3>: can\'t use 3 to iterate over more than one variable',
  ],
  ['{{range .a}}x{{end}}', 'template: sink:1:8: executing "sink" at <.a>: range can\'t iterate over 20'],
  ['{{range .s}}x{{end}}', 'template: sink:1:8: executing "sink" at <.s>: range can\'t iterate over aé"<x>'],
  ['{{range .t}}x{{end}}', 'template: sink:1:8: executing "sink" at <.t>: range can\'t iterate over true'],
  ['{{$y = 1}}', 'template: sink:1:7: executing "sink" at <1>: undefined variable: $y'],
  [
    '{{template "nope"}}',
    'template: sink:1:11: executing "sink" at <{{template "nope"}}>: template "nope" not defined',
  ],
  [
    '{{define "x"}}{{.q.y}}{{end}}{{template "x" .a}}',
    'template: sink:1:18: executing "x" at <.q.y>: can\'t evaluate field q in type float64',
  ],
  ['{{nil}}', 'template: sink:1:2: executing "sink" at <nil>: nil is not a command'],
  ['{{.a 1}}', 'template: sink:1:2: executing "sink" at <.a>: a is not a method but has arguments'],
  ['{{.o.k 1}}', 'template: sink:1:4: executing "sink" at <.o.k>: k is not a method but has arguments'],
  ['{{1 2}}', 'template: sink:1:2: executing "sink" at <1>: can\'t give argument to non-function 1'],
  ['{{"a" "b"}}', 'template: sink:1:2: executing "sink" at <"a">: can\'t give argument to non-function "a"'],
  [
    '{{(.o).k}} {{(index .l 4).q}} {{(print "a").x}}',
    'template: sink:1:39: executing "sink" at <"a">: can\'t evaluate field x in type string',
  ],
  ['{{("a").x}}', 'template: sink:1:3: executing "sink" at <"a">: can\'t evaluate field x in type string'],
  ['{{len .a}}', 'template: sink:1:2: executing "sink" at <len .a>: error calling len: len of type float64'],
  [
    '{{len .zz}}',
    'template: sink:1:2: executing "sink" at <len .zz>: error calling len: reflect: call of reflect.Value.Type on zero Value',
  ],
  ['{{len .n}}', 'template: sink:1:2: executing "sink" at <len .n>: error calling len: len of nil pointer'],
  ['{{len}}', 'template: sink:1:2: executing "sink" at <len>: wrong number of args for len: want 1 got 0'],
  ['{{len 1 2}}', 'template: sink:1:2: executing "sink" at <len>: wrong number of args for len: want 1 got 2'],
  [
    '{{index .l "a"}}',
    'template: sink:1:2: executing "sink" at <index .l "a">: error calling index: cannot index slice/array with type string',
  ],
  [
    '{{index .l 1.0}}',
    'template: sink:1:2: executing "sink" at <index .l 1.0>: error calling index: cannot index slice/array with type float64',
  ],
  [
    '{{index .l -1}}',
    'template: sink:1:2: executing "sink" at <index .l -1>: error calling index: index out of range: -1',
  ],
  [
    '{{index .l 7}}',
    'template: sink:1:2: executing "sink" at <index .l 7>: error calling index: index out of range: 7',
  ],
  [
    '{{index .zz 1}}',
    'template: sink:1:2: executing "sink" at <index .zz 1>: error calling index: index of untyped nil',
  ],
  ['{{index .n 1}}', 'template: sink:1:2: executing "sink" at <index .n 1>: error calling index: index of untyped nil'],
  [
    '{{index .o "n" 1}}',
    'template: sink:1:2: executing "sink" at <index .o "n" 1>: error calling index: index of nil pointer',
  ],
  [
    '{{index .a 1}}',
    'template: sink:1:2: executing "sink" at <index .a 1>: error calling index: can\'t index item of type float64',
  ],
  [
    '{{index .o 1}}',
    'template: sink:1:2: executing "sink" at <index .o 1>: error calling index: value has type int; should be string',
  ],
  [
    '{{index .o .zz}}',
    'template: sink:1:2: executing "sink" at <index .o .zz>: error calling index: value is nil; should be of type string',
  ],
  [
    '{{index .l .i}}',
    'template: sink:1:2: executing "sink" at <index .l .i>: error calling index: index out of range: 7',
  ],
  [
    '{{index .l nil}}',
    'template: sink:1:2: executing "sink" at <index .l nil>: error calling index: cannot index slice/array with nil',
  ],
  [
    '{{and .a .e .f}} {{or .e .a}} {{and 1 0}} {{or 0 ""}} {{not .e}} {{and}} ',
    'template: sink:1:67: executing "sink" at <and>: wrong number of args for and: want at least 1 got 0',
  ],
  [
    '{{eq .a 20}}',
    'template: sink:1:2: executing "sink" at <eq .a 20>: error calling eq: incompatible types for comparison: float64 and int',
  ],
  ['{{eq .a}}', 'template: sink:1:2: executing "sink" at <eq .a>: error calling eq: missing argument for comparison'],
  ['{{eq}}', 'template: sink:1:2: executing "sink" at <eq>: wrong number of args for eq: want at least 1 got 0'],
  [
    '{{eq .o .o}}',
    'template: sink:1:2: executing "sink" at <eq .o .o>: error calling eq: non-comparable type map[k:%!s(float64=1) n:<nil> z:map[y:[%!s(float64=1) %!s(float64=2)]]]: map[string]interface {}',
  ],
  [
    '{{eq .l .l}}',
    'template: sink:1:2: executing "sink" at <eq .l .l>: error calling eq: non-comparable type [%!s(float64=1) x <nil> [%!s(float64=2)] map[q:%!s(float64=1)]]: []interface {}',
  ],
  [
    '{{eq .l 1}}',
    'template: sink:1:2: executing "sink" at <eq .l 1>: error calling eq: incompatible types for comparison: []interface {} and int',
  ],
  ['{{lt .o 1}}', 'template: sink:1:2: executing "sink" at <lt .o 1>: error calling lt: invalid type for comparison'],
  ['{{lt .zz 1}}', 'template: sink:1:2: executing "sink" at <lt .zz 1>: error calling lt: invalid type for comparison'],
  ['{{lt 1 .zz}}', 'template: sink:1:2: executing "sink" at <lt 1 .zz>: error calling lt: invalid type for comparison'],
  [
    '{{lt .t true}}',
    'template: sink:1:2: executing "sink" at <lt .t true>: error calling lt: invalid type for comparison',
  ],
  [
    '{{gt .a 1}}',
    'template: sink:1:2: executing "sink" at <gt .a 1>: error calling gt: incompatible types for comparison: float64 and int',
  ],
  [
    '{{le .s 1}}',
    'template: sink:1:2: executing "sink" at <le .s 1>: error calling le: incompatible types for comparison: string and int',
  ],
  ['{{call nil}}', 'template: sink:1:2: executing "sink" at <call nil>: error calling call: call of nil'],
  [
    '{{9223372036854775808}}',
    'template: sink:1:2: executing "sink" at <9223372036854775808>: 9223372036854775808 overflows int',
  ],
  ['{{.a | .b}}', 'template: sink:1:7: executing "sink" at <.b>: b is not a method but has arguments'],
  ['{{print .a.b}}', 'template: sink:1:10: executing "sink" at <.a.b>: can\'t evaluate field b in type interface {}'],
  ['{{range $i, $e = .l}}{{end}}', 'template: sink:1:17: executing "sink" at <.l>: undefined variable: $i'],
  [
    '{{if not .zz}}x{{end}} {{not}}',
    'template: sink:1:25: executing "sink" at <not>: wrong number of args for not: want 1 got 0',
  ],
  ['{{not 1 2}}', 'template: sink:1:2: executing "sink" at <not>: wrong number of args for not: want 1 got 2'],
  [
    '{{printf}}',
    'template: sink:1:2: executing "sink" at <printf>: wrong number of args for printf: want at least 1 got 0',
  ],
  ['{{printf 1}}', 'template: sink:1:9: executing "sink" at <1>: expected string; found 1'],
  ['{{printf .a}}', 'template: sink:1:9: executing "sink" at <.a>: wrong type for value; expected string; got float64'],
  ['{{printf .zz}}', 'template: sink:1:9: executing "sink" at <.zz>: invalid value; expected string'],
  [
    '{{printf .n}}',
    'template: sink:1:9: executing "sink" at <.n>: wrong type for value; expected string; got interface {}',
  ],
  ['{{$.rows.x}}', 'template: sink:1:3: executing "sink" at <$.rows.x>: can\'t evaluate field x in type interface {}'],
  [
    '{{slice .s 1 2}}',
    'template: sink:1:2: executing "sink" at <slice .s 1 2>: error calling slice: list should be type of slice or array but string',
  ],
  ['a\n{{.a}}\n  {{.n.q}}', 'template: sink:3:6: executing "sink" at <.n.q>: nil pointer evaluating interface {}.q'],
  ['é{{.n.q}}', 'template: sink:1:6: executing "sink" at <.n.q>: nil pointer evaluating interface {}.q'],
  [
    '{{define "x"}}\n{{.n.y}}{{end}}{{template "x" .}}',
    'template: sink:2:4: executing "x" at <.n.y>: nil pointer evaluating interface {}.y',
  ],
];

const refused: readonly (readonly [template: string, text: string])[] = [
  ['{{1 | 2}}', 'template: sink:1: non executable command in pipeline stage 2'],
  ['{{nofn}}', 'template: sink:1: function "nofn" not defined'],
  ['{{.a', 'template: sink:1: unclosed action'],
  ['{{', 'template: sink:1: unclosed action'],
  ['{{"abc', 'template: sink:1: unterminated quoted string'],
  ["{{'a", 'template: sink:1: unterminated character constant'],
  ['{{`a', 'template: sink:1: unterminated raw quoted string'],
  ['{{.a}', "template: sink:1: bad character U+007D '}'"],
  ['{{)}}', 'template: sink:1: unexpected right paren'],
  ['{{(.a}}', 'template: sink:1: unclosed left paren'],
  ['{{(}}', 'template: sink:1: unclosed left paren'],
  ['{{()}}', 'template: sink:1: missing value for parenthesized pipeline'],
  ['{{.a.}}', 'template: sink:1: unexpected <.> in operand'],
  ['{{.a..b}}', 'template: sink:1: unexpected <.> in operand'],
  ['{{a b}}', 'template: sink:1: function "a" not defined'],
  ['{{$x}}', 'template: sink:1: undefined variable "$x"'],
  ['{{$x.y}}', 'template: sink:1: undefined variable "$x"'],
  ['{{end}}', 'template: sink:1: unexpected {{end}}'],
  ['{{else}}', 'template: sink:1: unexpected {{else}}'],
  ['{{if .a}}', 'template: sink:1: unexpected EOF'],
  ['{{if .a}}{{else}}{{else}}{{end}}', 'template: sink:1: expected end; found {{else}}'],
  ['{{if}}x{{end}}', 'template: sink:1: missing value for if'],
  ['{{range}}x{{end}}', 'template: sink:1: missing value for range'],
  ['{{with}}x{{end}}', 'template: sink:1: missing value for with'],
  ['{{template}}', 'template: sink:1: unexpected "}}" in template clause'],
  ['{{template .a}}', 'template: sink:1: unexpected ".a" in template clause'],
  ['{{define}}x{{end}}', 'template: sink:1: unexpected "}}" in define clause'],
  ['{{define "a"}}x', 'template: sink:1: unexpected EOF'],
  ['{{define "a"}}{{define "b"}}{{end}}{{end}}', 'template: sink:1: unexpected <define> in command'],
  ['{{if true}}{{define "b"}}{{end}}{{end}}', 'template: sink:1: unexpected <define> in command'],
  ['{{define "a"}}x{{end}}{{define "a"}}y{{end}}', 'template: sink:1: template: multiple definition of template "a"'],
  ['{{define "sink"}}x{{end}}y', 'template: sink:1: template: multiple definition of template "sink"'],
  ['{{break}}', 'template: sink:1: {{break}} outside {{range}}'],
  ['{{continue}}', 'template: sink:1: {{continue}} outside {{range}}'],
  ['{{range .l}}{{break 1}}{{end}}', 'template: sink:1: unexpected "1" in {{break}}'],
  ['{{block "a"}}x{{end}}', 'template: sink:1: missing value for block clause'],
  ['{{#}}', 'template: sink:1: unexpected "#" in command'],
  ['{{.a#}}', "template: sink:1: bad character U+0023 '#'"],
  ['{{a#}}', "template: sink:1: bad character U+0023 '#'"],
  ['{{é}}', 'template: sink:1: function "é" not defined'],
  ['{{1x}}', 'template: sink:1: bad number syntax: "1x"'],
  ['{{0x}}', 'template: sink:1: illegal number syntax: "0x"'],
  ['{{1e}}', 'template: sink:1: illegal number syntax: "1e"'],
  ['{{99999999999999999999}}', 'template: sink:1: integer overflow: "99999999999999999999"'],
  ['{{1e400}}', 'template: sink:1: illegal number syntax: "1e400"'],
  ['{{08}}', 'template: sink:1: integer overflow: "08"'],
  ['{{"\\q"}}', 'template: sink:1: invalid syntax'],
  ["{{'ab'}}", "template: sink:1: malformed character constant: 'ab'"],
  ["{{''}}", 'template: sink:1: invalid syntax'],
  ['{{.a := 1}}', 'template: sink:1: unexpected ":=" in operand'],
  ['{{$x := }}', 'template: sink:1: missing value for command'],
  ['{{$x := 1 := 2}}', 'template: sink:1: unexpected ":=" in operand'],
  ['{{$x, $y := 1}}', 'template: sink:1: too many declarations in command'],
  ['{{range $x, $y, $z := .l}}{{end}}', 'template: sink:1: too many declarations in range'],
  ['{{range $x, 1 := .l}}{{end}}', 'template: sink:1: range can only initialize variables'],
  ['{{1 :}}', 'template: sink:1: expected :='],
  ['{{|}}', 'template: sink:1: unexpected "|" in command'],
  ['{{| .a}}', 'template: sink:1: unexpected "|" in command'],
  ['{{.a | "x"}}', 'template: sink:1: non executable command in pipeline stage 2'],
  ['{{.a, .b}}', 'template: sink:1: unexpected "," in operand'],
  ['{{,}}', 'template: sink:1: unexpected "," in command'],
  ['{{if .a}}x{{else if}}y{{end}}', 'template: sink:1: missing value for if'],
  ['{{if .a}}x{{else with .b}}y{{end}}', 'template: sink:1: unexpected <with> in input'],
  ['{{/* a }}', 'template: sink:1: unclosed comment'],
  ['{{/* a */ b}}', 'template: sink:1: comment ends before closing delimiter'],
  ['{{ - 3}}', 'template: sink:1: illegal number syntax: "-"'],
  ['{{.a}}{{end}}', 'template: sink:1: unexpected {{end}}'],
  ['{{if .t}}{{$q := 5}}{{end}}{{$q}}', 'template: sink:1: undefined variable "$q"'],
  ['{{range $i, $e := .l}}{{end}}{{$i}}', 'template: sink:1: undefined variable "$i"'],
  ['{{break | x}}', 'template: sink:1: unexpected "|" in {{break}}'],
  ['{{range .l}}{{else}}{{break}}{{end}}', 'template: sink:1: {{break}} outside {{range}}'],
  ['{{$x := 1}}{{block "q" .}}{{$x}}{{end}}', 'template: sink:1: undefined variable "$x"'],
  ['{{true.x}}', 'template: sink:1: unexpected . after term "true"'],
  ['{{nil.x}}', 'template: sink:1: unexpected . after term "nil"'],
  ['{{1.x}}', 'template: sink:1: bad number syntax: "1.x"'],
  ['{{print "a" /* x */}}', 'template: sink:1: unexpected "/" in operand'],
  ['{{if .a}}{{end}}{{end}}', 'template: sink:1: unexpected {{end}}'],
  ['a\n{{if .a}}\n{{.a', 'template: sink:3: unclosed action'],
  ['{{if .a}}\n\n{{', 'template: sink:3: unclosed action'],
  ['{{/* a\nb */}}\n{{end}}', 'template: sink:3: unexpected {{end}}'],
  ['x  \n\n {{- .a}}\n{{.zz.}}', 'template: sink:4: unexpected <.> in operand'],
  ['{{`a\nb`}}{{nofn}}', 'template: sink:2: function "nofn" not defined'],
  ["{{.a\n'x}}", 'template: sink:2: unterminated character constant in action started at sink:1'],
  ['{{print "a\nb"}}', 'template: sink:1: unterminated quoted string'],
];

describe('a template', () => {
  it.each(gives)('%s renders', (template, text) => {
    expect(render(template, row)).toBe(text);
  });

  it.each(fails)('%s fails on the row', (template, text) => {
    expect(() => render(template, row)).toThrow(text);
  });

  it.each(refused)('%s is refused', (template, text) => {
    expect(() => compile(template)).toThrow(text);
  });

  it('raises a row error with the whole text', () => {
    const text = `template: sink:1:6: executing "sink" at <.o.k>: nil pointer evaluating interface {}.k`;
    const thrown = catchThrown(() => render('k={{.o.k}}', { o: null }));
    expect(thrown).toBeInstanceOf(RowError);
    expect((thrown as RowError).message).toBe(text);
  });

  it('names itself in its errors', () => {
    const options = { ...environment, name: 'url' };
    expect(() => compileTemplate('{{.a', options)).toThrow('template: url:1: unclosed action');
    expect(() => compileTemplate('{{.a.b}}', options).render({ a: 1 })).toThrow(
      `template: url:1:4: executing "url" at <.a.b>: can't evaluate field b in type interface {}`,
    );
  });
});

function catchThrown(body: () => unknown): unknown {
  try {
    body();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe('a list of rows', () => {
  const rows = [{ a: 1, n: null }, { a: 2 }];
  const cases: readonly (readonly [string, string])[] = [
    ['{{range .}}{{.a}};{{end}}', '1;2;'],
    ['{{len .}}', '2'],
    ['{{index . 0 "a"}}', '1'],
    ['{{(index . 1).a}}', '2'],
    ['{{range .}}{{.zz.b}}{{end}}', '<no value><no value>'],
    ['{{.}}', '[map[a:1 n:<nil>] map[a:2]]'],
  ];
  it.each(cases)('%s', (template, text) => {
    expect(render(template, rows)).toBe(text);
  });

  it('has no fields, whether or not it has rows', () => {
    const text = `template: sink:1:2: executing "sink" at <.a>: can't evaluate field a in type []map[string]interface {}`;
    expect(() => render('{{.a}}', rows)).toThrow(text);
    expect(() => render('{{.a}}', [])).toThrow(text);
  });
});

describe('values', () => {
  const cases: readonly (readonly [template: string, data: unknown, text: string])[] = [
    ['{{.v}}', { v: 999999 }, '999999'],
    ['{{.v}}', { v: 1_000_000 }, '1e+06'],
    ['{{.v}}', { v: 1_000_000n }, '1000000'],
    ['{{.v}}', { v: 9223372036854775807n }, '9223372036854775807'],
    ['{{.v}}', { v: 0.00001 }, '1e-05'],
    ['{{.v}}', { v: new Uint8Array([104, 105]) }, '[104 105]'],
    ['{{.v}}', { v: new DateTime(1_700_000_000_000, 'UTC') }, '2023-11-14 22:13:20 +0000 UTC'],
    [
      '{{.v.Year}} {{.v.Month}} {{.v.Format "15:04"}}',
      { v: new DateTime(1_700_000_000_000, 'UTC') },
      '2023 November 22:13',
    ],
    ['{{.v}}', { v: undefined }, '<no value>'],
    ['{{.constructor}}{{.__proto__}}{{.hasOwnProperty}}', {}, '<no value><no value><no value>'],
    ['{{.__proto__}}', JSON.parse('{"__proto__":5}'), '5'],
    ['{{range $k, $v := .}}{{$k}}={{$v}};{{end}}', { 9: 3, 10: 2, b: 1, C: null }, '10=2;9=3;C=<no value>;b=1;'],
    ['{{index . "a b"}}', { 'a b': 1 }, '1'],
    [
      '{{base64 .s}} {{base64 .n}} {{base64 .b}} {{base64 .o}}',
      { s: 'hié', n: 1234567.5, b: true, o: { k: 1 } },
      'aGnDqQ== MTIzNDU2Ny41 dHJ1ZQ== eyJrIjoxfQ==',
    ],
  ];
  it.each(cases)('%s of %o', (template, data, text) => {
    expect(render(template, data)).toBe(text);
  });

  it('of a list cannot be base64', () => {
    expect(() => render('{{base64 .l}}', { l: [1] })).toThrow(
      'template: sink:1:2: executing "sink" at <base64 .l>: error calling base64: Unsupported data type slice for base64 function.',
    );
  });
});

interface RecordedCase {
  readonly name: string;
  readonly sql?: string;
  readonly streams?: { readonly demo?: { readonly schema?: string } };
  readonly action?: Readonly<Record<string, unknown>>;
  readonly input?: readonly (readonly [string, Record<string, unknown>])[];
  readonly expect?: { readonly messages?: readonly unknown[]; readonly createError?: { readonly body: string } };
}

/** Rows go to these templates as they came, and their texts are the messages. */
function isPlainTemplate({ sql, streams, action, input, expect: expected }: RecordedCase): boolean {
  const keys = Object.keys(action ?? {}).filter((key) => key !== 'format' && key !== 'bodyType');
  return (
    sql === 'SELECT * FROM @demo' &&
    streams?.demo?.schema === undefined &&
    typeof action?.['dataTemplate'] === 'string' &&
    keys.length === 2 &&
    input?.length === expected?.messages?.length
  );
}

const recorded = JSON.parse(
  readFileSync(new URL('../../../../test/conformance/cases/sink-transform.json', import.meta.url), 'utf8'),
) as { readonly cases: readonly RecordedCase[] };

describe('recorded outputs', () => {
  const cases = recorded.cases.filter(isPlainTemplate);

  it('are plenty', () => {
    expect(cases.length).toBeGreaterThan(25);
  });

  it.each(cases)('$name', ({ action, input = [], expect: expected }) => {
    const text = action?.['dataTemplate'] as string;
    if (expected?.createError !== undefined) {
      const { message } = JSON.parse(expected.createError.body) as { readonly message: string };
      expect(() => compile(text)).toThrow(message);
      return;
    }
    const template = compile(text);
    input.forEach(([, data], i) => {
      const message = expected?.messages?.[i];
      const rendered = (): string => template.render(action?.['sendSingle'] === true ? data : [data]);
      const failure =
        typeof message === 'string' ? /^fail to calculate props [^]* for error (template: [^]*)$/.exec(message) : null;
      if (failure !== null) expect(rendered).toThrow(failure[1]);
      else if (typeof message === 'string') expect(rendered()).toBe(message);
      else expect(JSON.parse(rendered())).toEqual(message);
    });
  });
});

describe('a rendering', () => {
  it('leaves the data as it was, whatever the template sets', () => {
    const data = { a: 1, o: { k: 1 }, l: [{ q: 1 }] };
    const template =
      '{{set . "b" 2}}{{set .o "k" 9}}{{unset . "a"}}{{range .l}}{{set . "q" 5}}{{end}}{{.b}}{{.o.k}}{{.a}}';
    expect(render(template, data)).toContain('29<no value>');
    expect(data).toEqual({ a: 1, o: { k: 1 }, l: [{ q: 1 }] });
  });

  it('starts anew after one that failed', () => {
    const template = compile('{{define "t"}}{{.a.b}}{{end}}{{template "t" .}}');
    for (let i = 0; i < 2000; i++) expect(() => template.render({ a: 1 })).toThrow("can't evaluate field b");
    expect(template.render({ a: { b: 1 } })).toBe('1');
  });

  const endless: readonly (readonly [template: string, why: RegExp])[] = [
    ['{{define "a"}}{{template "a"}}{{end}}{{template "a"}}', /exceeded maximum template depth \(1000\)/],
    [
      '{{define "a"}}{{if .}}{{template "a" (rest .)}}{{template "a" (rest .)}}{{end}}{{end}}{{template "a" (until 60)}}',
      /exceeded maximum number of steps/,
    ],
    ['{{range 1000000000}}{{end}}', /exceeded maximum number of steps/],
    [
      '{{$x := "x"}}{{range 1000000}}{{$x}}{{$x}}{{$x = printf "%s%s" $x $x}}{{end}}',
      /exceeded maximum length|too long|too large/,
    ],
    ['{{repeat 1000000000 "abc"}}', /error calling repeat: text of 3000000000 characters is too long/],
    ['{{until 1000000000}}', /error calling until: list of 1000000000 elements is too long/],
  ];
  it.each(endless)('%s ends with a clear error', (template, why) => {
    expect(() => render(template, {})).toThrow(why);
  });

  it('refuses to nest without end', () => {
    const parens = `{{${'('.repeat(5000)}.${')'.repeat(5000)}}}`;
    expect(() => compile(parens)).toThrow('template: sink:1: max expression depth exceeded');
    const blocks = '{{if .a}}'.repeat(5000) + '{{end}}'.repeat(5000);
    expect(() => compile(blocks)).toThrow('template: sink:1: max expression depth exceeded');
    expect(render('{{if .a}}'.repeat(190) + 'x' + '{{end}}'.repeat(190), { a: 1 })).toBe('x');
  });
});

describe('any text', () => {
  it('without braces renders to itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.includes('{{'));
        expect(render(text, row)).toBe(text);
      }),
    );
  });

  it('around an action stays as it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        fc.pre(!`${before}{{`.slice(0, -1).includes('{{') && !after.includes('{{'));
        expect(render(`${before}{{.a}}${after}`, { a: 'x' })).toBe(`${before}x${after}`);
      }),
    );
  });

  it('of pieces of templates renders, or fails in the words of the language', () => {
    const pieces = fc.constantFrom(
      ...[
        '{{',
        '}}',
        '{{- ',
        ' -}}',
        '(',
        ')',
        '|',
        ' ',
        ',',
        '.',
        '.a',
        '.o.k',
        '.n.x',
        '.l',
        '$',
        '$x',
        '$x := ',
        '$x = ',
      ],
      ...[
        'if ',
        'else',
        'end',
        'range ',
        'with ',
        'define "t"',
        'template "t" ',
        'block "b" ',
        'break',
        'continue',
        'nil',
      ],
      ...[
        '1',
        '2.5',
        '"s"',
        '`r`',
        "'c'",
        '/*',
        '*/',
        'print ',
        'index ',
        'eq ',
        'and ',
        'len ',
        'until ',
        'toJson ',
        'x',
        '\n',
        'é',
      ],
      ...[
        '{{if .a}}',
        '{{range .l}}',
        '{{else}}',
        '{{end}}',
        '{{.}}',
        '{{define "t"}}',
        '{{template "t" .}}',
        '{{$x := .a}}',
      ],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), (parts) => {
        const thrown = catchThrown(() => render(parts.join(''), row));
        if (thrown === undefined) return;
        expect(thrown instanceof KuiperError || thrown instanceof RowError).toBe(true);
        expect((thrown as Error).message).toMatch(/^template: sink:\d+/);
      }),
      { numRuns: 2000 },
    );
  });
});
