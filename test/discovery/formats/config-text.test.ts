import fc from 'fast-check'
import { SuretyError } from '../../../src/base/errors.ts'
import { parseConfig } from '../../../src/discovery/formats/config-text.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { isLinear } from '../../support/linear-cost.ts'

/** Each line says the one before it some times over. */
function laughs(times: (name: string) => string, lines: number): string {
  const line = (_: unknown, i: number) => `a${i}: &a${i} ${i === 0 ? '{ k: 1 }' : times(`*a${i - 1}`)}`
  return Array.from({ length: lines }, line).join('\n')
}

function wide(count: number): string {
  return Array.from({ length: count }, (_, i) => `k${i}: 1`).join(', ')
}

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
  ['a.toml', '', {}],
  ...['', ' \r\n', '\ufeff', '// mine\n', '/* mine */\n// too\n'].map((text): [string, string, unknown] => [
    'a.json',
    text,
    {},
  ]),
  // Integers of 64 bits, as TOML has them; those that a number cannot hold are told by their digits.
  [
    'a.toml',
    'a = 9223372036854775807\nb = -9223372036854775808\nc = 9007199254740991\n[[d]]\ne = [1, { f = 9007199254740993 }]\n',
    {
      a: '9223372036854775807',
      b: '-9223372036854775808',
      c: 9007199254740991,
      d: [{ e: [1, { f: '9007199254740993' }] }],
    },
  ],
  [
    'a.toml',
    '[__proto__]\na = 9223372036854775807\n[b]\nc = 1\n',
    JSON.parse('{"__proto__":{"a":"9223372036854775807"},"b":{"c":1}}'),
  ],
  // Merged, and what stands there itself counts before.
  [
    'a.yaml',
    'base: &b\n  command: npx\n  args: [-y, x]\nmcpServers:\n  a:\n    <<: *b\n    args: [-y, z]\n',
    { base: { command: 'npx', args: ['-y', 'x'] }, mcpServers: { a: { command: 'npx', args: ['-y', 'z'] } } },
  ],
  [
    'a.yaml',
    'x: &x { a: 1 }\ny: &y { <<: *x, b: 2 }\nz: { <<: [*y, { a: 3, c: 4 }] }\n',
    { x: { a: 1 }, y: { a: 1, b: 2 }, z: { a: 1, b: 2, c: 4 } },
  ],
  ['a.yaml', 'a: { "<<": 1 }\nb: { <<: [{ c: 1 }, 2] }\n', { a: { '<<': 1 }, b: { '<<': [{ c: 1 }, 2] } }],
  ['a.yaml', 'a: &a { <<: *a, b: 1 }\n', { a: { b: 1 } }],
  [
    'a.yaml',
    'a: &a { __proto__: { x: 1 } }\nb: { <<: *a }\n',
    JSON.parse('{"a":{"__proto__":{"x":1}},"b":{"__proto__":{"x":1}}}'),
  ],
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
  ['a.yaml', 'a: 1\na: 2', 'INPUT_MALFORMED'],
  ['a.yaml', 'a: *b', 'INPUT_MALFORMED'],
  ['a.yaml', `b: &b {}\na: [${'*b,'.repeat(2_000)}]`, 'INPUT_TOO_LARGE'],
  ['a.yaml', laughs((n) => `[${n},${n},${n}]`, 24), 'INPUT_TOO_LARGE'],
  ['a.yaml', laughs((n) => `{ k: 1, <<: [${n}, ${n}] }`, 40), 'INPUT_TOO_LARGE'],
  ['a.yaml', laughs((n) => `{ ? [${n},${n}] : 1 }`, 40), 'INPUT_TOO_LARGE'],
  ['a.yaml', `a: &a [${'x,'.repeat(20_000)}]\nb: [${'*a,'.repeat(900)}]`, 'INPUT_TOO_LARGE'],
  ['a.yaml', `a: &a { ${wide(5_000)} }\nb: [${'{ <<: *a },'.repeat(90)}]`, 'INPUT_TOO_LARGE'],
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

test('hundreds of aliases are no reason to refuse a file', async () => {
  const names = Array.from({ length: 400 }, (_, i) => `  a${i}: { <<: *b, n: ${i} }\n  c${i}: *b\n`)
  const { mcpServers } = await parseConfig(
    'a.yaml',
    `b: &b { command: npx, args: [-y, x] }\nmcpServers:\n${names.join('')}`,
  )
  expect(Object.keys(Object(mcpServers))).toHaveLength(800)
  expect(mcpServers).toMatchObject({ a399: { command: 'npx', n: 399 }, c399: { command: 'npx' } })
})

const listOf = (count: number, each: (i: number) => string) => Array.from({ length: count }, (_, i) => each(i)).join('')

test.each<[string, string, number, (count: number) => string]>([
  ['anchors', 'a.yaml', 5_000, (count) => `a: [${listOf(count, (i) => `&a${i} 1,`)}]\nb: [${'*a1,'.repeat(999)}]`],
  ['wide merges', 'a.yaml', 45, (count) => `a: &a { ${wide(1_000)} }\nb: [${'{ <<: *a },'.repeat(count)}]`],
  [
    'aliases of merges',
    'a.yaml',
    400,
    (count) => `a: &a {}\nb: &b [${'{ <<: *a },'.repeat(900)}]\nc: [${'*b,'.repeat(count)}]`,
  ],
  [
    'aliases within one another',
    'a.yaml',
    900,
    (count) => `a: [${listOf(count, (i) => (i === 0 ? '&a0 [1],' : `&a${i} [*a${i - 1}],`))}]`,
  ],
  [
    'merges of merges',
    'a.yaml',
    140,
    (count) => `a: &a {}\nb: &b { <<: [${'*a,'.repeat(1_700)}] }\nc: [${'{ <<: *b },'.repeat(count)}]`,
  ],
  ['integers', 'a.toml', 50_000, (count) => `a = [${'9223372036854775807,'.repeat(count)}]`],
  ['names', 'a.toml', 20_000, (count) => `${'a.'.repeat(count)}b = 9223372036854775807`],
])('%s cost no more than the file is long, up to the bounds', async (_, path, most, text) => {
  const parse = (count: number) => parseConfig(path, text(count)).catch(() => undefined)
  expect(await isLinear(parse, most)).toBe(true)
})
