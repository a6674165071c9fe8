import fc from 'fast-check'
import { type Dialect, readShellLine } from '../../../src/discovery/mcp/shell-line.ts'
import { growsWithItsInput } from '../../support/cost.ts'

const commands = (text: string, dialect: Dialect = 'posix') =>
  readShellLine(text, dialect).commands.map((words) => words.join(' '))

test.each<[string, readonly string[]]>([
  ['a b', ['a b']],
  ['a && b || c; d & e | f |& g\nh', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']],
  [`a "b && c" 'd; e' f\\;g`, ['a b && c d; e f;g']],
  [`a 'b'"c"d`, ['a bcd']],
  ['a 2>&1 >>/tmp/log 3<in b &>all <<<text 2>&- c', ['a b c']],
  ['a # b; c\nd', ['a', 'd']],
  ['a b#c', ['a b#c']],
  ['a <<END\nsecret one\nEND\nb', ['a', 'b']],
  ["a <<-'END'; b\n\tsecret one\n\tEND\nc", ['a', 'b', 'c']],
  ['a $(b c) d', ['b c', 'a $ d']],
  ['a "$(b "c d")" e', ['b c d', 'a $ e']],
  ['a `b c`', ['b c', 'a $']],
  ['a <(b c)', ['b c', 'a $']],
  ['(a b; c)', ['a b', 'c']],
  ['f() { a; }', ['{ a', '}']],
  ['A=(x y $(b)) c', ['b', 'A=$ c']],
  [`a \${B:-c; d} e`, [`a \${B:-c; d} e`]],
  ["a $'it\\'s; x' b", ["a it$'s; x b"]],
  ['a \\\nb', ['a b']],
  ['', []],
  [' ;; && ', []],
])('of a shell: %j', (text, expected) => expect(commands(text)).toEqual(expected))

test.each<[Dialect, string, readonly string[]]>([
  ['cmd', '"C:\\Program Files\\x\\npx.cmd" -y foo && b', ['C:\\Program Files\\x\\npx.cmd -y foo', 'b']],
  ['cmd', `a 'b & c' ^& d`, [`a 'b`, `c' & d`]],
  ['powershell', '& "C:\\x y\\npx.cmd" -y foo; b `; c', ['C:\\x y\\npx.cmd -y foo', 'b ; c']],
  ['powershell', '(a b) | iex # c', ['a b', 'iex']],
  ['client', 'a && b; c | d 2>&1 > e', ['a', 'b', 'c', 'd']],
  ['client', 'a --x=b;c&d|e $(f) `g` (h)', ['a --x=b;c&d|e $(f) `g` (h)']],
  ['client', 'a "b; c" \'d | e\' f\\ g', ['a b; c d | e f g']],
  ['client', 'C:\\x\\npx.cmd -y "a b" # c', ['C:\\x\\npx.cmd -y a b # c']],
])('of %s: %j', (dialect, text, expected) => expect(commands(text, dialect)).toEqual(expected))

test.each<[string, readonly string[]]>([
  ['a\nb "c', ['a']],
  [`a; b 'c`, ['a']],
  [`${'a;'.repeat(100)}b`, Array.from({ length: 64 }, () => 'a')],
  [`${' '.repeat(70_000)}b`, []],
])('it is said where there may be more: %#', (text, expected) => {
  const { commands, whole } = readShellLine(text, 'posix')
  expect([commands.map((words) => words.join(' ')), whole]).toEqual([expected, false])
})

test('within one another to a bound', () => {
  const { whole } = readShellLine(`${'$('.repeat(40)}a${')'.repeat(40)}`, 'posix')
  expect(whole).toBe(false)
})

test('anything at all is read once, in time that grows with it', async () => {
  const text = fc.array(fc.oneof(fc.string(), fc.constantFrom('$(', '"', '`', '<<', '(', '&', '\n', '${', "$'")))
  fc.assert(
    fc.property(text, fc.constantFrom<Dialect>('posix', 'cmd', 'powershell', 'client'), (parts, dialect) => {
      const { commands } = readShellLine(parts.join(''), dialect)
      expect(commands.every((words) => words.length > 0)).toBe(true)
    }),
  )
  for (const part of ['$(', '"$(', '`', '<<a\n', '(', '${', "$'\\", 'a=(', '1>', '\\', 'a', 'a|', '>']) {
    for (const dialect of ['posix', 'client'] as const) {
      const read = (units: number) => readShellLine(part.repeat(units), dialect)
      expect([part, await growsWithItsInput(read, 65_536)]).toEqual([part, true])
    }
  }
})
