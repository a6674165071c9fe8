import { isInVersions } from '../../../src/directory/seen/deviations.ts'
import {
  isWithin,
  type MatchFacts,
  matches,
  packagesIn,
  registrationFor,
  withoutVersion,
} from '../../../src/directory/seen/matching.ts'
import { widened } from '../../../src/directory/seen/proposed-criteria.ts'
import type { Instance } from '../../../src/directory/seen/seen-store.ts'
import type { RegistrationCriteria } from '../../../src/protocol/nouns/agents/registration-criteria.ts'
import type { RegistrationState } from '../../../src/protocol/nouns/agents/registrations.ts'
import { DEVICE, idOf, OTHER_DEVICE } from '../../contracts/stores/seeds.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const [HUMAN, OTHER_HUMAN] = [idOf('hum', 1), idOf('hum', 2)]

const instance = (changes: Partial<Instance> = {}): Instance => ({
  sighting: '1',
  running: true,
  name: 'Claude Code',
  userName: 'ada',
  version: '2.1.0',
  autonomy: 'asks',
  executable: '/opt/claude',
  workspaces: ['/srv/a'],
  evidence: ['npm package @x/claude at /opt'],
  ...changes,
})
const facts = (changes: Partial<MatchFacts> = {}): MatchFacts => ({
  device: DEVICE,
  item: 'claude-code',
  human: HUMAN,
  instances: [instance()],
  mcpServers: async () => ['files', 'mail'],
  ...changes,
})

describe('a criterion', () => {
  test.each<[string, RegistrationCriteria]>([
    ['of a product', { products: ['codex', 'claude-code'] }],
    ['of a package', { packages: ['@x/claude'] }],
    ['of an executable', { executables: ['/opt/claude'] }],
    ['of a device', { device: DEVICE }],
    ['of a human', { human: HUMAN }],
    ['of a workspace', { workspaces: ['/srv'] }],
    ['of an MCP server', { mcpServers: ['mail'] }],
    ['of all of them', { products: ['claude-code'], device: DEVICE, human: HUMAN, workspaces: ['/srv/a'] }],
  ])('%s holds', async (_, criteria) => {
    expect(await matches(criteria, facts())).toBe(true)
  })

  test('of a path of Windows holds in any case, and on its drive', async () => {
    const instances = [instance({ executable: 'C:/Tools/Claude.exe', workspaces: ['D:/Shop/web'] })]
    const holds = (criteria: RegistrationCriteria) => matches(criteria, facts({ instances }))
    expect(await holds({ executables: ['C:/tools/claude.EXE'], workspaces: ['D:/shop'] })).toBe(true)
    expect(
      await Promise.all([{ executables: ['D:/tools/claude.exe'] }, { workspaces: ['D:/sho'] }].map(holds)),
    ).toEqual([false, false])
  })

  test.each<[string, RegistrationCriteria, Partial<MatchFacts>]>([
    ['nothing', {}, {}],
    ['another product', { products: ['codex'] }, {}],
    ['a product in another case', { products: ['Claude-Code'] }, {}],
    ['the beginning of a product', { products: ['claude'] }, {}],
    ['another package', { packages: ['x/claude'] }, {}],
    ['another executable', { executables: ['/opt/claude2'] }, {}],
    [
      'an executable that is not known',
      { executables: ['/opt/claude'] },
      { instances: [instance({ executable: undefined })] },
    ],
    ['another device', { device: OTHER_DEVICE }, {}],
    ['another human', { human: OTHER_HUMAN }, {}],
    ['a human, of an account of none', { human: HUMAN }, { human: undefined }],
    ['a workspace beside it', { workspaces: ['/srv/ab', '/srv/b'] }, {}],
    ['a workspace that is not known', { workspaces: ['/srv'] }, { instances: [instance({ workspaces: [] })] }],
    [
      'a workspace that climbs out',
      { workspaces: ['/srv/a'] },
      { instances: [instance({ workspaces: ['/srv/a/../b'] })] },
    ],
    ['another MCP server', { mcpServers: ['calendar'] }, {}],
    ['a signer, which no sighting says', { signers: ['Vendor'] }, {}],
    ['one of two', { products: ['claude-code'], device: OTHER_DEVICE }, {}],
    ['nothing that is there', { executables: ['/opt/claude'] }, { instances: [] }],
  ])('does not hold for %s', async (_, criteria, changes) => {
    expect(await matches(criteria, facts(changes))).toBe(false)
  })

  test('a second instance that does not fit is not hidden by the first', async () => {
    const instances = [instance(), instance({ workspaces: ['/home/ada'], executable: '/tmp/claude' })]
    expect(await matches({ workspaces: ['/srv'] }, facts({ instances }))).toBe(false)
    expect(await matches({ executables: ['/opt/claude'] }, facts({ instances }))).toBe(false)
    const installed = [instance(), instance({ running: false, workspaces: [], executable: '/usr/lib/claude' })]
    expect(await matches({ workspaces: ['/srv'], executables: ['/opt/claude'] }, facts({ instances: installed }))).toBe(
      true,
    )
  })

  test('servers are read only if a criterion needs them', async () => {
    const mcpServers = async () => {
      throw new Error('read')
    }
    expect(await matches({ products: ['claude-code'] }, facts({ mcpServers }))).toBe(true)
  })
})

describe('the registration that counts', () => {
  const candidate = (number: number, criteria: RegistrationCriteria, state: RegistrationState = 'active') => ({
    number,
    state,
    criteria,
  })
  const product = { products: ['claude-code'] }

  test('is the one with the most criteria, then the oldest', async () => {
    const candidates = [candidate(3, product), candidate(2, product), candidate(4, { ...product, device: DEVICE })]
    expect((await registrationFor(candidates, facts()))?.number).toBe(4)
    expect((await registrationFor(candidates, facts({ device: OTHER_DEVICE })))?.number).toBe(2)
    expect(await registrationFor(candidates, facts({ item: 'codex' }))).toBeUndefined()
  })

  test.each<[RegistrationState, boolean]>([
    ['provisioning', false],
    ['active', true],
    ['suspended', true],
    ['quarantined', true],
    ['retiring', true],
    ['retired', false],
  ])('%s: %s', async (state, counts) => {
    expect((await registrationFor([candidate(1, product, state)], facts())) !== undefined).toBe(counts)
  })

  test('one that ends comes after one that stays', async () => {
    const candidates = [candidate(1, product, 'retiring'), candidate(2, product)]
    expect((await registrationFor(candidates, facts()))?.number).toBe(2)
  })
})

describe('widening', () => {
  test.each<[string, RegistrationCriteria, RegistrationCriteria]>([
    ['what holds stays', { products: ['claude-code'] }, { products: ['claude-code'] }],
    [
      'another product',
      { products: ['codex'], device: DEVICE },
      { products: ['codex', 'claude-code'], device: DEVICE },
    ],
    ['another package', { packages: ['y'] }, { packages: ['y', '@x/claude'] }],
    ['another executable', { executables: ['/opt/b'] }, { executables: ['/opt/b', '/opt/claude'] }],
    ['another workspace', { workspaces: ['/srv/b'] }, { workspaces: ['/srv/b', '/srv/a'] }],
    ['one of its MCP servers', { mcpServers: ['calendar'] }, { mcpServers: ['calendar', 'files'] }],
  ])('%s', async (_, criteria, wide) => {
    expect(await widened(criteria, facts(), {})).toEqual(wide)
  })

  test.each<[string, RegistrationCriteria, Parameters<typeof widened>[2]]>([
    ['another device, unless it may lose it', { products: ['claude-code'], device: OTHER_DEVICE }, { anyHuman: true }],
    ['another human, unless it may lose it', { products: ['claude-code'], human: OTHER_HUMAN }, { anyDevice: true }],
    ['a device that is all it has', { device: OTHER_DEVICE }, { anyDevice: true }],
    ['a signer', { products: ['claude-code'], signers: ['Vendor'] }, {}],
    ['more than sixteen products', { products: Array.from({ length: 16 }, (_, at) => `p${at}`) }, {}],
  ])('is refused for %s', async (_, criteria, allowed) => {
    expect(await codeThrown(() => widened(criteria, facts(), allowed))).toBe('CONFLICT')
  })

  test('a device and a human are given up if that is allowed', async () => {
    const criteria = { products: ['codex'], device: OTHER_DEVICE, human: OTHER_HUMAN }
    const wide = await widened(criteria, facts(), { anyDevice: true, anyHuman: true })
    expect(wide).toEqual({ products: ['codex', 'claude-code'] })
  })
})

test.each([
  ['/srv/a', '/srv/a', true],
  ['/srv/a', '/srv/a/', true],
  ['/srv/a/b', '/srv/a', true],
  ['C:\\src\\a', 'C:\\src', true],
  ['/srv/ab', '/srv/a', false],
  ['/srv/a/../../etc', '/srv/a', false],
  ['/srv', '/srv/a', false],
  ['', '/srv', false],
])('%s is within %s: %s', (folder, other, within) => {
  expect(isWithin([folder], [other])).toBe(within)
})

test.each([
  ['2.1.0', ['2.1.0'], true],
  ['2.1.0', ['2.1'], true],
  ['2.1.4', ['2.1'], false],
  ['2.1.4', ['>=2.1 <3'], true],
  ['2.10.0', ['>=2.9'], true],
  ['3.0.0', ['>=2.1 <3'], false],
  ['3.0.0-beta.1', ['>=2.1 <3'], false],
  ['2.1.0-beta.1', ['2.1.0'], false],
  ['2.1.0-beta.1', ['2.1.0-beta.1'], true],
  ['1.0', ['2.0', '>=0.9 <=1.0'], true],
  ['nightly', ['>=0'], false],
  ['nightly', ['nightly'], true],
  ['2.0', ['>1', '<1'], true],
  ['2.0', [], false],
])('version %s in %j: %s', (version, ranges, fits) => {
  expect(isInVersions(version, ranges)).toBe(fits)
})

test('evidence names packages, and a path loses only its own version', () => {
  const evidence = [
    ...[
      'npm package @x/a at /opt',
      'python package b in an environment of its own at /x',
      'snap c at /snap',
      'command d',
    ],
    'executable /usr/bin/node, a command of npm package droid',
  ]
  expect(packagesIn({ evidence })).toEqual(['@x/a', 'b', 'c', 'droid'])
  expect(withoutVersion('/opt/claude/2.1.0/claude', '2.1.0')).toBe('/opt/claude/*/claude')
  expect(withoutVersion('/opt/1/a', '1')).toBe('/opt/1/a')
  expect(withoutVersion('/opt/a', undefined)).toBe('/opt/a')
})
