import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../../src/base/errors.ts'
import type { TSchema } from '../../src/base/schema.ts'
import { daemonSettings, loadDaemonConfig } from '../../src/config/daemon.ts'
import { type Setting, variableName } from '../../src/config/settings.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** A setting in root's managed policy cannot be changed by any other source. */

const uid = process.geteuid?.() ?? 0
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
let count = 0

/** Values of a setting that are not each other: made from its schema, so that a new setting is tested too. */
function valuesOf(schema: TSchema): readonly [policy: unknown, other: unknown] {
  const known: {
    items?: TSchema
    anyOf?: readonly { const?: string }[]
    enum?: readonly string[]
    minimum?: number
    maximum?: number
    pattern?: string
  } = { ...schema }
  if (known.items !== undefined) return [[], [valuesOf(known.items)[1]]]
  const [first, second] = known.enum ?? known.anyOf?.map((one) => one.const ?? '') ?? []
  if (first !== undefined && second !== undefined) return [first, second]
  if (known.minimum !== undefined && known.maximum !== undefined) return [known.minimum, known.maximum]
  const candidates = [
    'https://managed.example',
    'wss://managed.example',
    'a'.repeat(64),
    'b'.repeat(64),
    '1.2.3',
    '3.2.1',
    'wss://other.example',
    'https://other.example',
    '/managed',
    '/other',
    'unix:/managed',
    'unix:/other',
    'tpm.present',
    'os.supported',
    '1 1 1 1 1',
    '2 2 2 2 2',
    'managed',
    'other',
    'managed'.padEnd(120, 'm'),
    'other'.padEnd(120, 'o'),
  ]
  const fitting = candidates.filter((text) => new RegExp(known.pattern ?? '').test(text))
  const [policy, other] = fitting
  if (policy === undefined || other === undefined) throw new Error(`no values for ${JSON.stringify(schema)}`)
  return [policy, other]
}

function nested(key: string, value: unknown): unknown {
  return key.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
}

function places(policy: unknown, file: unknown) {
  const root = join(folder.path, String(count++))
  const policies = join(root, 'managed.d')
  mkdirSync(policies, { recursive: true })
  if (policy !== undefined) writeFileSync(join(policies, '10.json'), JSON.stringify(policy), { mode: 0o600 })
  writeFileSync(join(root, 'suretyd.json'), JSON.stringify(file), { mode: 0o600 })
  return { policies, file: join(root, 'suretyd.json') }
}

const SETTINGS: readonly (readonly [string, Setting])[] = Object.entries(daemonSettings)

test.each(SETTINGS)('%s: managed policy wins over flag, variable and file at once', (key, { schema, secret }) => {
  const [policy, other] = valuesOf(schema)
  const { policies, file } = places(nested(key, policy), nested(key, other))
  const load = (policyFolder: string) =>
    loadDaemonConfig({
      file,
      policyFolder,
      policyOwners: [String(uid)],
      environment: { [variableName('SURETYD_', key)]: String(other) },
      flags: secret === true ? {} : { [key]: String(other) },
    })
  const { config, entries } = load(policies)
  expect(Object.entries(config).find(([name]) => name === key)?.[1]).toEqual(policy)
  expect(entries.find((entry) => entry.key === key)).toMatchObject({
    key,
    origin: 'managed',
    place: join(policies, '10.json'),
    value: typeof policy === 'string' ? policy : JSON.stringify(policy),
    overrides: expect.arrayContaining([{ origin: 'file', place: file }]),
  })
  // Without the policy the other would have been taken: what was tried was real.
  const without = load(join(folder.path, 'none'))
  expect(Object.entries(without.config).find(([name]) => name === key)?.[1]).toEqual(other)
})

test('a policy names every setting, so that none is out of its reach', () => {
  expect(SETTINGS.length).toBeGreaterThan(15)
})

test.each<[string, Record<string, string>]>([
  ['another policy folder', { SURETYD_POLICY_FOLDER: '/tmp/mine' }],
  ['another owner', { SURETYD_POLICY_OWNERS: '1000' }],
  ['a prototype', { SURETYD___PROTO__: 'x' }],
  ['another spelling', { 'SURETYD_LOG.LEVEL': 'debug' }],
])('a variable that asks for %s is refused', (_, environment) => {
  const { policies, file } = places({ log: { level: 'warn' } }, {})
  expect(
    thrown(() => loadDaemonConfig({ environment, file, policyFolder: policies, policyOwners: [String(uid)] })),
  ).toBe('CONFIG_INVALID')
})

const root = uid === 0 ? test : test.skip
root.each<[string, (policies: string) => void]>([
  ['belongs to a user', (policies) => chownSync(join(policies, '10.json'), 1000, 1000)],
  ['can be written by others', (policies) => chmodSync(join(policies, '10.json'), 0o666)],
  ['lies in a folder of a user', (policies) => chownSync(policies, 1000, 1000)],
  ['lies in a folder others can write', (policies) => chmodSync(policies, 0o777)],
  ['leads nowhere', (policies) => symlinkSync('/nonexistent/policy', join(policies, '20.json'))],
  ['is a folder', (policies) => mkdirSync(join(policies, '20.json'))],
  ['never ends', (policies) => symlinkSync('/dev/zero', join(policies, '20.json'))],
  ['nests without end', (policies) => writeFileSync(join(policies, '20.json'), '['.repeat(100_000), { mode: 0o600 })],
  [
    'sets a prototype',
    (policies) => writeFileSync(join(policies, '20.json'), '{"__proto__":{"a":1}}', { mode: 0o600 }),
  ],
])('(root) a policy that %s is an error, never left out', (_, spoil) => {
  const { policies, file } = places({ log: { level: 'warn' } }, {})
  spoil(policies)
  expect(thrown(() => loadDaemonConfig({ environment: {}, file, policyFolder: policies }))).toBe('CONFIG_INVALID')
})

function thrown(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return codeOf(error) ?? error
  }
}
