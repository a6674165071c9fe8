import fc from 'fast-check'
import { SuretyError } from '../../../src/base/errors.ts'
import { parseConfig } from '../../../src/discovery/mcp/config-text.ts'
import { codeThrown } from '../../support/code-thrown.ts'

test.each<[string, string, unknown]>([
  ['a.json', '{"a":1}', { a: 1 }],
  ['a.json', '\ufeff{"a":1}', { a: 1 }],
  ['a.json', '// why\n{"a":1,/* x */"b":[1,],}', { a: 1, b: [1] }],
  ['a.jsonc', "{a:'b'}", { a: 'b' }],
  ['a.json', '[1]', {}],
  ['a.toml', '[mcp_servers."a b"]\ncommand = "npx"', { mcp_servers: { 'a b': { command: 'npx' } } }],
  [
    'a.yaml',
    'extensions:\n  git:\n    cmd: uvx\n    args: [mcp-server-git]\n',
    { extensions: { git: { cmd: 'uvx', args: ['mcp-server-git'] } } },
  ],
  ['a.yml', '', {}],
])('%s with %j', async (path, text, expected) => {
  expect(JSON.parse(JSON.stringify(await parseConfig(path, text)))).toEqual(expected)
})

test.each<[string, string, string]>([
  ['a.json', '{"a":', 'INPUT_MALFORMED'],
  ['a.json', `${'['.repeat(100_000)}`, 'INPUT_TOO_DEEP'],
  ['a.json', `/* */${'['.repeat(100_000)}`, 'INPUT_TOO_DEEP'],
  ['a.json', `// x\n{"a":"${'x'.repeat(1024 * 1024)}"}`, 'INPUT_TOO_LARGE'],
  ['a.toml', 'a = ', 'INPUT_MALFORMED'],
  ['a.toml', `a = ${'['.repeat(100_000)}`, 'INPUT_TOO_DEEP'],
  ['a.toml', 'a = 1\na = 2', 'INPUT_MALFORMED'],
  ['a.yaml', `a: ${'['.repeat(100_000)}`, 'INPUT_TOO_DEEP'],
  ['a.yaml', Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'INPUT_TOO_LARGE'],
  ['a.yaml', Array.from({ length: 700 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'INPUT_TOO_DEEP'],
  ['a.yaml', `${'- '.repeat(10_000)}a`, 'INPUT_TOO_DEEP'],
  [
    'a.yaml',
    'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: &d [*c,*c]\ne: &e [*d,*d]\nf: [*e,*e,*e,*e]',
    'INPUT_MALFORMED',
  ],
  ['a.yaml', 'a: 1\na: 2', 'INPUT_MALFORMED'],
])('%s is refused (%#)', async (path, text, code) => {
  expect(await codeThrown(() => parseConfig(path, text))).toBe(code)
})

test('a refusal never quotes the file', async () => {
  for (const path of ['a.json', 'a.toml', 'a.yaml']) {
    let message = ''
    try {
      await parseConfig(path, 'key: "CANARY\n}} CANARY = = [')
    } catch (error) {
      message = String(error) + String(error instanceof Error ? error.cause : '')
    }
    expect(message).toMatch(/^SuretyError/)
    expect(message).not.toContain('CANARY')
  }
})

test('no text pollutes a prototype or throws anything but a SuretyError', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '=',
    '\n',
    ' ',
    '-',
    '__proto__',
    'a',
    '1',
    '&a',
    '*a',
    '!!js',
    '#',
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 40 }),
      fc.constantFrom('a.json', 'a.toml', 'a.yaml'),
      async (pieces, path) => {
        try {
          await parseConfig(path, pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(SuretyError)
        }
        expect(Object.keys(Object.prototype)).toEqual([])
      },
    ),
  )
})

test('what YAML warns of is not said aloud: it quotes the file', async () => {
  const warnings: unknown[] = []
  const note = (warning: unknown) => void warnings.push(warning)
  process.on('warning', note)
  await parseConfig('a.yaml', 'token: !secret abc').catch(() => undefined)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  expect(warnings).toEqual([])
})
