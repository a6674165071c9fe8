import { isAbsolutePath, isWindowsPath } from '../../../src/base/absolute-path.ts'
import { reader } from '../../../src/base/schema.ts'
import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { loadCatalogue } from '../../../src/discovery/catalogue/load-catalogue.ts'
import { pathOfFileUri, plainPath, plainPathFrom } from '../../../src/discovery/files/plain-path.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import { ConfiguredServers } from '../../../src/discovery/mcp/configured-servers.ts'
import { MatchMemory } from '../../../src/discovery/running/agent-marks.ts'
import { SeenEndpoints } from '../../../src/discovery/running/endpoints.ts'
import { findRunningAgents } from '../../../src/discovery/running/running-agents.ts'
import { sightingSchema } from '../../../src/protocol/sighting.ts'
import { answerReader, requestReader } from '../../../src/reader/home-request.ts'
import { environmentNamesIn } from '../../../src/system/processes/environment-block.ts'
import { parseStat } from '../../../src/system/processes/linux/process-table.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { FakeFileReader } from '../../support/fake-file-reader.ts'
import { promise, refusing, refusingLater, type Target, textOf } from '../target.ts'
import { homeTargets } from './homes/homes.ts'

/** The catalogue, what runs, and what the reader child is told and answers. */

const ADA = { id: '1000', name: 'ada' }
const HOME = '/home/ada'
const catalogue = builtInCatalogue()
const sighting = reader(sightingSchema, { name: 'sighting' })

const catalogues: Target = {
  name: 'catalogue',
  kind: 'json',
  seeds: () =>
    [
      { ...catalogue, entries: catalogue.entries.slice(0, 3) },
      { ...catalogue, entries: catalogue.entries.slice(20, 22) },
    ].map((one) => JSON.stringify(one)),
  async run(input) {
    const { trusted } = new FakeFileReader({ '/c.json': input })
    const loaded = await refusingLater(['CONFIG_INVALID'], () => loadCatalogue({ files: trusted }, '/c.json'))
    if (loaded !== undefined) agentsAmong(indexAgents(loaded), ['/usr/bin/node', '/opt/x/cli.js'])
  },
}

const index = indexAgents(catalogue)
const SECRET = 'c4n4ryc4n4ry'

function agentsAmong(of: typeof index, argv: readonly string[], environment = '') {
  const init = {
    index: of,
    modelPorts: of.modelPorts.among([]),
    bootId: 'b',
    homes: [HOME],
    nowMs: 0,
    servers: new ConfiguredServers([], ''),
    states: [],
    isHomeRead: () => true,
    userOf: () => ADA,
    installed: () => true,
    versionAt: () => undefined,
  }
  const entry = {
    pid: 7,
    parentPid: 1,
    startTicks: 5,
    userId: '1000',
    sessionId: 7,
    ttyNumber: 0,
    comm: 'node',
    executable: argv[0] ?? '',
    argv,
    environmentNames: environmentNamesIn(environment),
    sessionMarkers: {},
  }
  return findRunningAgents({ endpoints: new SeenEndpoints(), matches: new MatchMemory() }, init, [
    entry,
    { ...entry, pid: 8, parentPid: 7 },
  ])
}

const processes: Target = {
  name: 'processes',
  kind: 'text',
  seeds: () => [
    '/usr/bin/node\0/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js\0--dangerously-skip-permissions\0--api-key\0x',
    '/home/ada/.local/share/claude/versions/2.1.0\0-p\0prompt',
    '/usr/bin/python3\0-Im\0aider\0--yes-always',
    '7 (a) b) S 1 7 7 34816 7 4194304 1 1 1 1 1 1 1 1 20 0 1 0 99 1 1',
    '/usr/bin/node\0claude',
  ],
  words: ['--', '-m', '-c', '--require', '/usr/bin/bun', '/usr/bin/deno', 'run', 'CLAUDECODE=', ')', '\0\0'],
  async run(input) {
    const text = textOf(input)
    parseStat(text)
    const names = environmentNamesIn(text)
    promise(
      names.every((name) => !name.includes('=')),
      'names only',
    )
    const argv = text.split('\0')
    // Behind every word of it stands a secret: none may be told.
    for (const one of agentsAmong(index, [...argv, `--api-key=${SECRET}`, SECRET], `${text}=${SECRET}`)) {
      sighting.read(one)
      promise(!JSON.stringify(one).includes(SECRET), 'no argument and no value is told')
    }
  },
}

const pipe: Target = {
  name: 'reader-pipe',
  kind: 'json',
  seeds: () => {
    const { sightings, sources } = sampleStatus()
    const request = { user: ADA, posix: { uid: 1000, gid: 1000 }, home: HOME, tasks: ['installed', 'screen-lock'] }
    return [
      JSON.stringify({ ...request, profiles: [{ family: 'firefox', product: 'firefox', path: '/tmp/p' }] }),
      JSON.stringify({ ...request, catalogue: { ...catalogue, entries: catalogue.entries.slice(0, 1) } }),
      JSON.stringify({ task: 'installed', sightings, sources, screenLock: { gnome: {}, kde: {} } }),
    ]
  },
  async run(input) {
    const text = textOf(input)
    for (const one of [requestReader, answerReader])
      await refusing(['INPUT_MALFORMED', 'INPUT_TOO_LARGE', 'INPUT_TOO_DEEP'], async () => one.readJson(text))
  },
}

const plainPaths: Target = {
  name: 'plain-paths',
  kind: 'text',
  seeds: () => [
    '/home/ada/a/../b',
    'C:\\Users\\ada\\a\\..\\b\\',
    '\\\\?\\c:\\Users\\ada',
    'file:///c%3A/Users/ada/a%20b',
    'file:///home/ada/x',
    '..\\x/../y',
  ],
  words: [
    '..',
    '/',
    '\\',
    'C:',
    '//',
    '\\\\server\\share',
    '%2e%2e',
    '%5C',
    '%00',
    'file://host/',
    ' ',
    ':s',
    '*',
    '.',
  ],
  run(input) {
    const text = textOf(input)
    const uri = pathOfFileUri(text)
    const named = [text, ...(uri === undefined ? [] : [uri])]
    const paths = named.flatMap((name) => [
      plainPath(name),
      plainPathFrom(HOME, name),
      plainPathFrom('C:/Users/ada', name),
    ])
    for (const path of paths) {
      if (path === undefined) continue
      promise(isAbsolutePath(path), 'a plain path is absolute')
      promise(!/[\0*]/.test(path), 'a plain path is no pattern')
      promise(!isWindowsPath(path) || !path.includes('\\'), 'a path of Windows has slashes')
      const parts = path.split('/').slice(1)
      promise(!parts.some((part) => ['', '.', '..'].includes(part)), 'a plain path has no detours')
      promise(plainPath(path) === path, 'a plain path is plain')
    }
  },
}

export const discoveryTargets: readonly Target[] = [...homeTargets, catalogues, processes, pipe, plainPaths]
