import { prometheusText } from '../../../src/directory/watching/prometheus.ts'

const textOf = (value: number, labels: Readonly<Record<string, string>> = {}, help = 'h') =>
  prometheusText([{ name: 'm', type: 'gauge', help, samples: [{ labels, value }] }])

test.each([
  ['a quotation mark', 'a"b', 'a\\"b'],
  ['a backslash', 'a\\b', 'a\\\\b'],
  ['a line feed', 'a\nm 1', 'a\\nm 1'],
  ['a backslash before a quotation mark', '\\"', '\\\\\\"'],
  ['a forged label', 'x"} 1\nforged{a="b', 'x\\"} 1\\nforged{a=\\"b'],
])('%s in a label stays in its label', (_name, value, escaped) => {
  expect(textOf(1, { l: value })).toBe(`# HELP m h\n# TYPE m gauge\nm{l="${escaped}"} 1\n`)
})

test.each([
  [0, '0'],
  [1.5, '1.5'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
])('%p is written %s', (value, text) => expect(textOf(value)).toContain(`\nm ${text}\n`))

test('a help text is one line', () => expect(textOf(1, {}, 'a\nb\\c')).toContain('# HELP m a\\nb\\\\c\n'))

test.each([
  ['a metric', 'a b', 'l'],
  ['a metric', '1a', 'l'],
  ['a label', 'm', 'l"'],
  ['a label', 'm', ''],
])('a bad name of %s is refused', (_what, name, label) => {
  const metric = { name, type: 'gauge', help: 'h', samples: [{ labels: { [label]: 'v' }, value: 1 }] } as const
  expect(() => prometheusText([metric])).toThrow(TypeError)
})
