import fc from 'fast-check'
import { commandName } from '../../../src/discovery/launch/launchers.ts'
import { lineWords } from '../../../src/discovery/shell/line-words.ts'
import { shellTextIn } from '../../../src/discovery/shell/shell-input.ts'
import { shellPipelines, simpleCommands } from '../../../src/discovery/shell/shell-text.ts'
import { isLinear } from '../../support/linear-cost.ts'

function textIn(line: string) {
  const [program = '', ...args] = line.split(' ')
  return shellTextIn(commandName(program), args)
}

test.each<[string, readonly string[]]>([
  ['a b', ['a b']],
  ['a && b; c\nd', ['a', 'b', 'c', 'd']],
  [`a "b && c" 'd; e' f\\;g`, ['a b && c d; e f;g']],
  [`a 'b'"c"d`, ['a bcd']],
  ['a 2>&1 >>/tmp/log 2>/dev/null &>all c > ./x', ['a c']],
  ['a b#c', ['a b#c']],
  [`a $B \${C}/d "$D"`, [`a $B \${C}/d $D`]],
  ['a "say \\"hi\\""', ['a say "hi"']],
  ['a \\\nb', ['a b']],
  ['cd /x && A=b exec ~/.cargo/bin/c', ['cd /x', 'A=b exec ~/.cargo/bin/c']],
  ['', []],
  [' ;; && ', []],
])('reads %j', (text, expected) => {
  expect(simpleCommands(text)?.map((words) => words.join(' '))).toEqual(expected)
})

test.each([
  ...['a | b', 'a || b', 'a & b', 'a <b', 'a <<END\nb\nEND', 'a <(b)', 'a >&-', '(a; b)', 'f() { a; }', '{ a; }'],
  ...['$(a)', 'a "$(b)"', 'a `b`', 'a "`b`"', 'A=(x y) b', "a $'b'", 'a # b', 'a "b', "a 'b", '# a'],
  ...['if a; then b; fi', 'for x in y; do z; done', 'while a; do b; done', 'eval a', '! a', '[ -f a ] && b', 'time a'],
  ...['$A b', '$0 "$@"', 'exec x; $@', `\${A} b`],
  ...['a;'.repeat(17), ' '.repeat(20_000)],
])('does not read %j', (text) => expect(simpleCommands(text)).toBeUndefined())

test.each<[string, readonly string[], boolean]>([
  ['npx -y "a b" c\\ d', ['npx', '-y', 'a b', 'c d'], false],
  ['a --x=b;c&d|e $(f) `g` (h)', ['a', '--x=b;c&d|e', '$(f)', '`g`', '(h)'], false],
  ['C:\\x\\npx.cmd -y', ['C:\\x\\npx.cmd', '-y'], false],
  ['a && b', ['a', '&&', 'b'], true],
  ['a; b', ['a;', 'b'], true],
  ['a | b', ['a', '|', 'b'], true],
  ['a 2>/dev/null', ['a', '2>/dev/null'], true],
])('splits the line of a client: %j', (line, words, shell) => expect(lineWords(line)).toEqual({ words, shell }))

test.each(['a "b', "a 'b", 'a\\'])('does not guess where a quote ends: %j', (line) => {
  expect(lineWords(line)?.words ?? []).not.toContain('b')
})

test.each<[string, readonly string[] | undefined]>([
  ['sh -c a', ['a']],
  ['bash -lc a', ['a']],
  ['bash -o pipefail -c -l a', ['a']],
  ['bash --rcfile /x -c a', ['a']],
  ['zsh -ec -- a', ['a']],
  ['fish --command=a', ['a']],
  ['cmd /c a', ['a']],
  ['C:\\Windows\\System32\\cmd.exe /d /s /c call a', ['a']],
  ['powershell -NoProfile -Command a', undefined],
  ['pwsh -e AAAA', undefined],
  ['nu -c a', undefined],
  ['su - alice -c a', undefined],
  ['cmd /c a&b', undefined],
])('finds the text of %j', (line, first) => {
  expect(textIn(line)).toEqual({ commands: first === undefined ? undefined : [first] })
})

test.each([
  'bash /x/a.sh -c b',
  'bash',
  'bash -c',
  'bash --rcfile /x -c',
  'pwsh -File a.ps1',
  'nu a.nu',
  'cmd',
  'npx a',
])('finds no text in %j', (line) => expect(textIn(line)).toBeUndefined())

test('reads any text in time that grows with it', async () => {
  const text = fc.array(fc.oneof(fc.string(), fc.constantFrom('$(', '"', '`', '<<', '(', '&', '\n', '${', "$'", '\\')))
  fc.assert(
    fc.property(text, (parts) => {
      expect(simpleCommands(parts.join(''))?.every((words) => words.length > 0)).not.toBe(false)
      expect(lineWords(parts.join(''))?.words.every((word) => typeof word === 'string')).not.toBe(false)
    }),
  )
  for (const part of ['"', "'", '\\', 'a', '$', '"$', '"\\', 'a;', '>', '1>', ' ', 'a b "c" ']) {
    expect([part, await isLinear((units) => simpleCommands(part.repeat(units)), 16_384)]).toEqual([part, true])
    expect([part, await isLinear((units) => lineWords(part.repeat(units)), 65_536)]).toEqual([part, true])
  }
})

test.each<[string, readonly string[]]>([
  ['sh <<END\nrm x\nEND\nls', ['rm x\n']],
  ["sh <<'END' | cat\nrm $x\n END \nls", ['rm $x\n']],
  ['cat <<ONE <<-TWO\na\nONE\n\tb\nTWO', ['a\n', '\tb\n']],
  ['x "$(cat <<END\na\nEND\n)"', ['a\n']],
  ['sh <<END\nrm x', ['rm x']],
  ['sh <<END', []],
  ['sh <<<text', []],
])('reads the here documents of %j', (text, expected) => {
  const all = shellPipelines(text).flat()
  const inner = all.flatMap((command) => command.inner.flat())
  expect([...all, ...inner].flatMap(({ documents }) => documents)).toEqual(expected)
})

test('reads the file that a command gets as its input', () => {
  expect(shellPipelines('psql <a 2>/dev/null < "b c" | x')[0]?.map(({ inputs }) => inputs)).toEqual([['a', 'b c'], []])
})

test('reads a group with more commands than a call can take', () => {
  expect(shellPipelines(`(${'a;'.repeat(130_000)})`)[0]?.[0]?.inner).toHaveLength(130_000)
})
