import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DEFAULT_POLICY_TEXT } from '../../../src/directory/policy/default-policy.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { groupOf, policyOf } from '../../../src/directory/policy/policy-document.ts'
import { readPolicyFile } from '../../../src/directory/policy/policy-file.ts'
import { isLinear } from '../../support/linear-cost.ts'

const DAY = 86_400_000
const ID = `dev_${'A'.repeat(22)}`
const read = (text: string, attestEveryMs?: number) =>
  readPolicyFile(text, { defaults: DEFAULT_POLICY, attestEveryMs }).document
const file = (rest: string) => `schema: surety/policy@1\n${rest}`
const subject = {
  id: ID,
  owner: 'ada@example.org',
  tier: 'tpm' as const,
  label: { platform: 'linux' },
  labels: { role: 'server' },
}

test('the file that ships says what a directory without a file asks for', () => {
  const { everyone, groups, exemptions } = read(DEFAULT_POLICY_TEXT)
  expect({ groups, exemptions }).toEqual({ groups: [], exemptions: [] })
  expect(everyone).toEqual({ ...DEFAULT_POLICY, graceMs: {} })
  const shipped = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/default-policy.yaml'), 'utf8')
  expect(shipped).toBe(DEFAULT_POLICY_TEXT)
})

test('docs/reference/checks.md says how the default policy weighs each check', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../../docs/reference/checks.md'), 'utf8')
  const rows = [...page.matchAll(/^\| \[(\S+)\]\(#\S+\) \| (\S+) \|/gm)].map(([, check, weight]) => [check, weight])
  const headings = [...page.matchAll(/^## (\S+)$/gm)].map(([, check = '']) => check)
  expect(rows).toEqual(headings.map((check) => [check, DEFAULT_POLICY.checks[check]]))
})

test('what a file does not mention is as the default has it', () => {
  expect(read(file('')).everyone).toEqual({ ...DEFAULT_POLICY, graceMs: {} })
  const { everyone } = read(file('checks:\n  tpm.present: required\n  network.firewall: off\n'))
  const { 'network.firewall': _, ...others } = DEFAULT_POLICY.checks
  expect(everyone.checks).toEqual({ ...others, 'tpm.present': 'required' })
})

const GROUPS = file(`
checks:
  os.security-updates: {weight: required, grace: 7}
freshness: {attestation: 3h}
groups:
  - name: strict
    minimum-tier: tpm
    checks:
      tpm.present: required
  - name: servers
    extends: strict
    match: {label: {role: server}, system: linux}
    freshness: {findings: 2d}
    checks:
      os.security-updates: required
  - name: ada
    match: {owner: [ada@example.org, bob@example.org], tier: [tpm, tpm-attested]}
    checks:
      session.screen-lock: off
exemptions:
  - {device: ${ID}, check: boot.secure-boot, owner: bob@example.org, reason: a broken firmware, end: 2027-01-31}
  - {device: ${ID}, check: tpm.present, owner: bob@example.org, reason: repair, end: "2027-01-31T18:00:00+01:00"}
`)

test('a device is in the first group that it matches, which takes over what it extends', () => {
  const document = read(GROUPS)
  expect(groupOf(document, subject)?.name).toBe('servers')
  const policy = policyOf(document, subject)
  expect(policy).toMatchObject({ minimumTier: 'tpm', findingsFreshMs: 2 * DAY, attestationFreshMs: 3 * 3_600_000 })
  expect(policy.checks['tpm.present']).toBe('required')
  // The group says it anew, without grace.
  expect(policy.graceMs).toEqual({})
  expect(document.everyone.graceMs).toEqual({ 'os.security-updates': 7 * DAY })
  expect(policy.exemptions?.map(({ check, until }) => [check, new Date(until).toISOString()])).toEqual([
    ['boot.secure-boot', '2027-02-01T00:00:00.000Z'],
    ['tpm.present', '2027-01-31T17:00:00.000Z'],
  ])
})

test.each([
  ['another label', { ...subject, labels: { role: 'desktop' } }, 'ada'],
  ['no label', { ...subject, labels: undefined }, 'ada'],
  ['a label that objects have', { ...subject, labels: Object.create({ role: 'server' }) }, 'ada'],
  ['another system', { ...subject, label: { platform: 'darwin' } }, 'ada'],
  ['another owner', { ...subject, labels: {}, owner: 'eve@example.org' }, undefined],
  ['a lower tier', { ...subject, labels: {}, tier: 'software' as const }, undefined],
])('each part of a match must fit: %s', (_, other, group) => {
  expect(groupOf(read(GROUPS), other)?.name).toBe(group)
})

test('an exemption is that of one device', () => {
  expect(policyOf(read(GROUPS), { ...subject, id: `dev_${'B'.repeat(22)}` }).exemptions).toBeUndefined()
})

const exemption = (changes: Readonly<Record<string, string | undefined>>) => {
  const members = { device: ID, check: 'boot.secure-boot', owner: 'ada', reason: 'why', end: '2027-01-31', ...changes }
  const written = Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
  return file(`exemptions:\n  - {${written.join(', ')}}\n`)
}
const inGroup = (text: string) => file(`groups:\n  - name: one\n${text}`)

test.each<[string, string, RegExp, string?]>([
  ['nothing', '', /^not a policy: expected YAML with schema: surety\/policy@1$/],
  ['a list', '- a\n', /^not a policy: expected YAML/],
  ['a list that names the schema', '- surety/policy@1\n', /^line 1: the file: /],
  ['no schema', 'checks: {}\n', /^line 1: .*schema/],
  ['another schema', 'schema: surety/policy@2\n', /^line 1: schema: /],
  ['no YAML', file('checks: [\n'), /^line \d: /],
  ['two documents', `${file('')}---\na: 1\n`, /^line \d: .*documents/],
  ['a member nobody knows', file('chekcs: {}\n'), /^line 2: chekcs: no such member/],
  [
    'a check nobody knows',
    file('checks:\n  os.supported: off\n  os.suported: required\n'),
    /^line 4: there is no check "os.suported"/,
  ],
  ['a check with the name of what objects have', file('checks:\n  __proto__: required\n'), /^line 3|^line 2/],
  ['a weight nobody knows', file('checks:\n  os.supported: mandatory\n'), /^line 3: .*must be one of required,/],
  ['a weight that is a number', file('checks:\n  os.supported: 1\n'), /^line 3: /],
  ['no weight', file('checks:\n  os.supported: {grace: 1}\n'), /^line 3: .*weight/],
  ['grace below zero', file('checks:\n  os.supported: {weight: required, grace: -1}\n'), /^line 3: .*grace/],
  ['grace of ten years', file('checks:\n  os.supported: {weight: required, grace: 3650}\n'), /^line 3: .*grace/],
  ['grace that is text', file('checks:\n  os.supported: {weight: required, grace: 7d}\n'), /^line 3: .*grace/],
  ['grace that is no number', file('checks:\n  os.supported: {weight: required, grace: .nan}\n'), /^line 3: .*grace/],
  ['endless grace', file('checks:\n  os.supported: {weight: required, grace: .inf}\n'), /^line 3: .*grace/],
  [
    'grace of what does not count',
    file('checks:\n  os.supported: {weight: advisory, grace: 7}\n'),
    /^line 3: grace without effect/,
  ],
  ['a tier nobody knows', file('minimum-tier: gold\n'), /^line 2: minimum-tier: must be one of tpm-attested/],
  ['a time without unit', file('freshness: {attestation: 7200}\n'), /^line 2: freshness > attestation/],
  ['a time of nothing', file('freshness: {attestation: 0h}\n'), /^line 2: freshness > attestation/],
  ['a group without name', file('groups:\n  - match: {owner: a}\n'), /^line 3: .*name/],
  ['a group that is a word', file('groups: [servers]\n'), /^line 2: groups > 0/],
  ['two groups of one name', file('groups:\n  - name: one\n  - name: one\n'), /^line 4: two groups have the name one/],
  ['a group that extends none', inGroup('    extends: two\n'), /^line 4: there is no group "two"/],
  [
    'a group that extends itself',
    inGroup('    extends: one\n'),
    /^line 4: groups extend each other in a circle: one, one/,
  ],
  [
    'three groups in a circle',
    file('groups:\n  - {name: a, extends: b}\n  - {name: b, extends: c}\n  - {name: c, extends: a}\n'),
    /circle: a, b, c, a/,
  ],
  ['a match of everything', inGroup('    match: {}\n'), /^line 4: groups > 0 > match/],
  ['a match that is null', inGroup('    match:\n'), /^line 4: groups > 0 > match/],
  ['a match of no owner', inGroup('    match: {owner: []}\n'), /^line 4: groups > 0 > match > owner/],
  ['a match of a system nobody knows', inGroup('    match: {system: beos}\n'), /must be one of linux, darwin, windows/],
  ['a match of a tier nobody knows', inGroup('    match: {tier: gold}\n'), /^line 4: .*must be one of/],
  ['a match of no label', inGroup('    match: {label: {}}\n'), /^line 4: groups > 0 > match > label/],
  [
    'a match of a label that cannot be',
    inGroup('    match: {label: {"A b": x}}\n'),
    /^line 4: groups > 0 > match > label/,
  ],
  ['a check nobody knows in a group', inGroup('    checks:\n      a.b: off\n'), /^line 5: there is no check "a.b"/],
  ['an exemption without end', exemption({ end: undefined }), /^line 3: exemptions > 0: .*end/],
  ['an exemption without owner', exemption({ owner: undefined }), /^line 3: exemptions > 0: .*owner/],
  ['an exemption without reason', exemption({ reason: undefined }), /^line 3: exemptions > 0: .*reason/],
  ['an exemption without device', exemption({ device: undefined }), /^line 3: exemptions > 0: .*device/],
  ['an exemption of a device that cannot be', exemption({ device: 'laptop' }), /^line 3: exemptions > 0 > device/],
  ['an exemption of a check nobody knows', exemption({ check: 'a.b' }), /^line 3: there is no check "a.b"/],
  ['an exemption of the tier', exemption({ check: 'tier' }), /^line 3: a tier has no exemption/],
  ['an exemption for ever', exemption({ end: 'never' }), /^line 3: an end is a day/],
  ['an end on a day that is not', exemption({ end: '2027-06-31' }), /^line 3: an end is a day/],
  ['an end of an empty word', exemption({ end: '""' }), /^line 3: an end is a day/],
  ['an end in local time', exemption({ end: '2027-01-31T18:00:00' }), /^line 3: an end is a day/],
  ['an anchor', file('checks: &all {}\n'), /^line 2: the anchor &all/],
  ['an alias', file('checks: &all {os.supported: off}\ngroups:\n  - {name: a, checks: *all}\n'), /^line 2: the anchor/],
  ['an alias of nothing', file('checks: *all\n'), /^line 2: /],
  ['a merge', file('checks:\n  <<: {os.supported: off}\n'), /^line 3: there is no check "<<"/],
  ['a tag', file('checks: !!set {}\n'), /^line 2: /],
  ['a tag of a program', file('checks: !!js/function "f"\n'), /^line 2: /],
  [
    'a key twice',
    file('checks:\n  os.supported: off\n  os.supported: off\n'),
    /^line 4: the key "os.supported" appears twice/,
  ],
  ['a key that is a map', file('? {a: 1}\n: x\n'), /^line 2: a key must be a word/],
  ['a key that is a number', file('1: x\n'), /^line 2: a key must be a word/],
  ['what is nested', file(`checks: ${'['.repeat(50)}${']'.repeat(50)}\n`), /nested too deeply/, 'INPUT_TOO_DEEP'],
  ['what is nested without end', file(`checks: ${'['.repeat(100_000)}`), /nested too deeply|^line/],
  ['too much', `${file('')}# ${'x'.repeat(256 * 1024)}\n`, /at most 256 KiB/, 'INPUT_TOO_LARGE'],
  ['too much in other letters', `${file('')}# ${'ä'.repeat(140 * 1024)}\n`, /at most 256 KiB/, 'INPUT_TOO_LARGE'],
])('%s is refused with its line', (name, text, message, code = 'INPUT_MALFORMED') => {
  const codes = name === 'what is nested without end' ? ['INPUT_TOO_DEEP', 'INPUT_MALFORMED'] : [code]
  try {
    read(text)
  } catch (error) {
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
    expect(codes).toContain((error as { code: string }).code)
    return
  }
  throw new Error('it was taken')
})

test('refuses a billion laughs before it is expanded', () => {
  const levels = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`)
  expect(() => read(file(`a0: &a0 [x]\n${levels.join('\n')}\n`))).toThrow(/^line 2: the anchor &a0/)
})

test('a freshness below the time between two attestations is refused', () => {
  expect(() => read(file('freshness: {attestation: 1h}\n'), 7_200_000)).toThrow(
    /^line 2: devices attest every 120m: 1h makes each device stale/,
  )
  expect(read(file('freshness: {attestation: 2h}\n'), 7_200_000).everyone.attestationFreshMs).toBe(7_200_000)
})

test('a file of many keys takes no square of time', async () => {
  const refuse = (units: number) => {
    const keys = Array.from({ length: units }, (_, i) => `k${i}: 1`)
    expect(() => read(file(keys.join('\n')))).toThrow(/^line \d+: /)
  }
  expect(await isLinear(refuse, 16_000)).toBe(true)
})

test('says when a device counts as silent, for groups too', () => {
  const text = 'silence: 3d\ngroups:\n  - name: servers\n    silence: 4h\n  - name: lent\n    silence: off\n'
  const { everyone, groups } = read(file(text))
  const DAY = 86_400_000
  expect([everyone, ...groups.map(({ policy }) => policy)].map(({ silentAfterMs }) => silentAfterMs)).toEqual([
    ...[3 * DAY, DAY / 6, Number.POSITIVE_INFINITY],
  ])
})

test('says whether a device must have answered its stops, for groups too', () => {
  const asked = (text: string) => {
    const { everyone, groups } = read(file(text))
    return [everyone, ...groups.map(({ policy }) => policy)].map(({ stopAnswers = 'advisory' }) => stopAnswers)
  }
  expect(asked('')).toEqual(['advisory'])
  expect(asked('groups:\n  - name: servers\n    stop-answers: required\n')).toEqual(['advisory', 'required'])
  expect(
    asked('stop-answers: required\ngroups:\n  - name: lent\n    stop-answers: advisory\n  - name: rest\n'),
  ).toEqual(['required', 'advisory', 'required'])
  expect(() => asked('stop-answers: yes\n')).toThrow(/^line 2: stop-answers/)
  expect(() => asked('groups:\n  - name: a\n    stop-answers: off\n')).toThrow(/^line 4: .*stop-answers/)
})

test.each([
  ['a number alone', 'silence: 7\n', /^line 2: silence/],
  ['no time at all', 'silence: 0d\n', /^line 2: silence/],
  ['a word that is none', 'silence: never\n', /^line 2: silence/],
  ['less than two attestations', 'silence: 1h\n', /^line 2: devices attest every 60m: after 1h a late one/],
])('refuses a silence of %s', (_, text, message) => {
  expect(() => read(file(text), 3_600_000)).toThrow(message)
})
