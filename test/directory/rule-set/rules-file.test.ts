import { foldName } from '../../../src/base/text/fold-name.ts'
import { type RuleSubject, ruleFor } from '../../../src/directory/rule-set/rule-set.ts'
import { MAX_RULES, readRulesFile } from '../../../src/directory/rule-set/rules-file.ts'

const DEVICE = `dev_${'A'.repeat(22)}`
const file = (rest: string) => `schema: surety/rules@1\nrules:\n${rest}`
const read = (text: string) => readRulesFile(text, foldName)
const subject: RuleSubject = {
  item: 'claude-code',
  known: true,
  packages: ['@anthropic-ai/claude-code'],
  autonomy: 'asks',
  device: DEVICE,
  executable: '/usr/bin/claude',
  workspace: '/home/ada/shop',
  labels: { site: 'berlin' },
  verdict: 'compliant',
  human: 'ada@example.org',
  groups: ['developers'],
}
const decides = (match: string, changes: Partial<RuleSubject> = {}) =>
  ruleFor(read(file(`  - {name: one, match: ${match}, action: ask}\n`)).rules, { ...subject, ...changes })?.name ===
  'one'

const SOUND = file(`
  - name: no-openclaw
    match: {product: openclaw}
    action: block
    reason: OpenClaw is not approved. Ask the help desk.
  - name: developers
    match: {product: [claude-code, codex], group: Developers, verdict: compliant, autonomy: [asks]}
    action: register
    template: {purpose: software development, autonomy-ceiling: asks, review-after: 90d, expires-after: 365d}
  - name: rest
    match: {}
    action: ask
`)

test('reads a file of rules with its lines, and folds names of humans and groups', () => {
  const { rules, lineOf } = read(SOUND)
  expect(rules.map(({ name, action }) => [name, action, lineOf(name)])).toEqual([
    ['no-openclaw', 'block', 4],
    ['developers', 'register', 8],
    ['rest', 'ask', 12],
  ])
  expect(rules[1]).toMatchObject({
    match: { product: ['claude-code', 'codex'], group: ['developers'] },
    template: { reviewAfterMs: 90 * 86_400_000, expiresAfterMs: 365 * 86_400_000, autonomyCeiling: 'asks' },
  })
})

test('the first rule that fits decides', () => {
  const { rules } = read(SOUND)
  expect(ruleFor(rules, subject)?.name).toBe('developers')
  expect(ruleFor(rules, { ...subject, item: 'openclaw' })?.name).toBe('no-openclaw')
  expect(ruleFor(rules, { ...subject, autonomy: 'autonomous' })?.name).toBe('rest')
  expect(ruleFor([], subject)).toBeUndefined()
})

test.each([
  ['{product: claude-code}', { item: 'codex' }],
  ['{known: true}', { known: false }],
  ["{package: '@anthropic-ai/claude-code'}", { packages: [] }],
  ['{path: /usr/bin/claude}', { executable: '/usr/bin/claude2' }],
  ['{path: /usr/bin/}', { executable: '/usr/binary' }],
  ['{path: /usr/}', { executable: undefined }],
  ['{workspace: /home/ada/shop}', { workspace: '/home/ada/shop2' }],
  ['{workspace: /home/ada}', { workspace: undefined }],
  ['{human: ADA@Example.org}', { human: 'bob@example.org' }],
  ['{human: ada@example.org}', { human: undefined }],
  ['{group: [developers, admins]}', { groups: ['admin'] }],
  [`{device: ${DEVICE}}`, { device: `dev_${'B'.repeat(21)}A` }],
  ['{label: {site: [berlin, paris]}}', { labels: {} }],
  ['{label: {site: berlin}}', { labels: { site: 'Berlin' } }],
  ['{verdict: [compliant, unknown]}', { verdict: 'stale' }],
  ['{autonomy: asks}', { autonomy: 'unknown' }],
] as const)('%s fits, and does not fit %o', (match, changes) => {
  expect(decides(match)).toBe(true)
  expect(decides(match, changes)).toBe(false)
})

test.each([
  ['{path: C:/Program Files/Claude/claude.exe}', { executable: 'C:/program files/claude/Claude.EXE' }],
  ['{path: C:/Users/ann/}', { executable: 'C:/USERS/Ann/x.exe' }],
  ['{workspace: D:/Shop}', { workspace: 'D:/shop/web' }],
] as const)('%s of Windows fits %o, in any case', (match, changes) => {
  expect(decides(match, changes)).toBe(true)
})

test('a path of Unix has its case, and a drive is a part of a path', () => {
  expect(decides('{path: /usr/bin/}', { executable: '/usr/BIN/claude' })).toBe(false)
  expect(decides('{path: C:/x}', { executable: 'D:/x' })).toBe(false)
})

test('every member of a match has to fit', () => {
  expect(decides('{product: claude-code, group: developers}')).toBe(true)
  expect(decides('{product: claude-code, group: others}')).toBe(false)
})

test.each([
  ['rules: []', /line 1: schema|line 1: the file/],
  ['schema: surety/rules@2\nrules: []', /line 1: schema/],
  [file('  - {name: a, match: {}, action: allow}'), /line 3: .*action/],
  [file('  - {name: A b, match: {}, action: ask}'), /line 3: .*name/],
  [file('  - {name: a, action: ask}'), /line 3: .*match/],
  [file('  - {name: a, match: {product: []}, action: ask}'), /line 3: .*product/],
  [file('  - {name: a, match: {path: bin/claude}, action: ask}'), /line 3: .*path/],
  [file('  - {name: a, match: {path: "c:\\\\bin\\\\claude"}, action: ask}'), /line 3: .*path/],
  [file('  - {name: a, match: {device: laptop}, action: ask}'), /line 3: .*device/],
  [file('  - {name: a, match: {colour: red}, action: ask}'), /line 3: .*colour/],
  [
    file('  - {name: a, match: {}, action: ask}\n  - {name: a, match: {}, action: ask}'),
    /line 4: two rules have the name a/,
  ],
  [file('  - {name: a, match: {product: x}, action: register}'), /line 3: register needs a template/],
  [file('  - {name: a, match: {product: x}, action: quarantine, template: {purpose: p}}'), /needs a reason/],
  [file('  - {name: a, match: {product: x}, action: block}'), /line 3: block needs a reason/],
  [file('  - {name: a, match: {product: x}, action: ask, reason: r}'), /a reason without effect/],
  [file('  - {name: a, match: {product: x}, action: block, reason: r, template: {purpose: p}}'), /without effect/],
  [
    file('  - {name: a, match: {product: x}, action: register, template: {purpose: p, review-after: 3w}}'),
    /review-after/,
  ],
  [file('  - {name: a, match: {product: "a\\u0000b"}, action: ask}'), /product/],
  [file('  - &x {name: a, match: {}, action: ask}'), /anchor/],
  [file(`${'  - {name: a, match: {}, action: ask}\n'.repeat(MAX_RULES + 1)}`), /at most 500|500/],
  ['x'.repeat(300_000), /at most 256 KiB/],
])('bad file %# is refused, with its line', (text, why) => {
  expect(() => read(text)).toThrow(why)
})

test('a name of a human that cannot be folded is refused', () => {
  expect(() => read(file('  - {name: a, match: {human: "a\\u202eb"}, action: ask}'))).toThrow(/^line 3: .*human/)
})
