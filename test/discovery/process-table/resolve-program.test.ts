import type { MatchedProcess } from '../../../src/discovery/matching/process-match.ts'
import { resolveProgram } from '../../../src/discovery/process-table/process-reader.ts'
import type { ResolvedFile } from '../../../src/system/processes/program-resolver.ts'

/** What a manifest that anyone may have written says of the file that a process runs. */

const PROCESS = { pid: 9, parentPid: 1, startTicks: 1, userId: '1000', sessionId: 9, ttyNumber: 0, comm: 'x' }
const FILE = '/srv/x/droid/bin/droid'

function resolved(process: Partial<MatchedProcess>, found: ResolvedFile | 'late' | undefined) {
  const asked: string[] = []
  const resolver = {
    resolve(_: unknown, path: string, { kind, manifest }: { readonly kind: string; readonly manifest: boolean }) {
      asked.push(`${kind} ${path}${manifest ? ' with its manifest' : ''}`)
      return found
    },
  }
  const program = resolveProgram(
    resolver,
    {
      bearsName: (path) => path === FILE || path === '/srv/x/bin/droid',
      isAgent: ({ resolved }) => resolved?.path === '/srv/x/agent.js',
    },
    { ...PROCESS, executable: FILE, argv: ['droid'], ...process },
  )
  return { asked, program }
}

function packageOf(manifest: unknown) {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
  const { program } = resolved({}, { path: FILE, manifest: { folder: '/srv/x/droid', text } })
  if (typeof program !== 'object') throw new TypeError(`it was ${program}`)
  return program.package
}

test.each([
  ['by name', { name: 'droid', version: '1.2.3', bin: { droid: 'bin/droid', other: 'x' } }, '1.2.3'],
  ['with a dot before it', { name: 'droid', bin: { droid: './bin/droid' } }, undefined],
  ['alone', { name: 'droid', bin: 'bin/droid', version: 7 }, undefined],
  ['behind a byte order mark', `\ufeff${JSON.stringify({ name: 'droid', bin: 'bin/droid' })}`, undefined],
])('the package that lists the file %s is its package', (_, manifest, version) => {
  expect(packageOf(manifest)).toEqual({ name: 'droid', ...(version === undefined ? {} : { version }) })
})

test.each<[string, unknown]>([
  ['lists another file', { name: 'droid', bin: { droid: 'bin/other' } }],
  ['lists no file', { name: 'droid' }],
  ['lists what is no path', { name: 'droid', bin: { droid: 7 } }],
  ['lists files in an array', { name: 'droid', bin: ['bin/droid'] }],
  ['climbs out of its folder', { name: 'droid', bin: '../bin/droid' }],
  ['has no name', { bin: 'bin/droid' }],
  ['has an empty name', { name: '', bin: 'bin/droid' }],
  ['has a name that is no text', { name: ['droid'], bin: 'bin/droid' }],
  ['has a name that is too long', { name: 'x'.repeat(215), bin: 'bin/droid' }],
  ['is no object', '["droid"]'],
  ['is no JSON', '{"name":"droid",'],
  ['is nested without end', `${'['.repeat(5000)}`],
  ['says something of a prototype', '{"name":"droid","bin":"bin/droid","__proto__":{}}'],
])('a manifest that %s names no package', (_, manifest) => {
  expect(packageOf(manifest)).toBeUndefined()
})

test('a version is shown as text, and only so much of it', () => {
  const manifest = { name: 'droid', bin: 'bin/droid', version: `\u001b[31m${'9'.repeat(100)}` }
  expect(packageOf(manifest)?.version).toMatch(/^\\x1b\[31m9{1,60}$/)
})

test.each<[string, Partial<MatchedProcess>, readonly string[]]>([
  ['an executable that bears a name', {}, [`executable ${FILE} with its manifest`]],
  ['any other', { executable: '/usr/bin/vi' }, []],
  ['none at all', { executable: undefined }, []],
  [
    'a script',
    { executable: '/usr/bin/node', argv: ['node', '--import', 'x', '/srv/x/bin/a'] },
    ['script /srv/x/bin/a'],
  ],
  [
    'a script from its folder',
    { executable: '/usr/bin/node', argv: ['node', 'a.js'], workingFolder: '/w' },
    ['script /w/a.js'],
  ],
  ['a script from nowhere', { executable: '/usr/bin/node', argv: ['node', 'a.js'] }, []],
  [
    'a script that is fetched',
    { executable: '/usr/bin/deno', argv: ['deno', 'run', 'npm:x'], workingFolder: '/w' },
    [],
  ],
  [
    'a script that bears a name',
    { executable: '/usr/bin/node', argv: ['node', '/srv/x/bin/droid'] },
    ['script /srv/x/bin/droid with its manifest'],
  ],
  ['a module', { executable: '/usr/bin/python3', argv: ['python3', '-m', 'x'] }, []],
])('of %s is asked what is to be found', (_, process, asked) => {
  expect(resolved(process, undefined).asked).toEqual(asked)
})

test('reports what does not come in time as late', () => {
  expect(resolved({}, 'late').program).toBe('late')
  expect(resolved({}, { path: FILE }).program).toEqual({ path: FILE })
})

test('the manifest of a script without a name is read where its link leads to an agent', () => {
  const script = { executable: '/usr/bin/node', argv: ['node', '/srv/x/bin/alias'] }
  const text = JSON.stringify({ name: 'agent', version: '1', bin: 'agent.js' })
  const { asked, program } = resolved(script, { path: '/srv/x/agent.js', manifest: { folder: '/srv/x', text } })
  expect(asked).toEqual(['script /srv/x/bin/alias', 'script /srv/x/bin/alias with its manifest'])
  expect(program).toEqual({ path: '/srv/x/agent.js', package: { name: 'agent', version: '1' } })
  expect(resolved(script, { path: '/srv/x/other.js' }).asked).toEqual(['script /srv/x/bin/alias'])
})
