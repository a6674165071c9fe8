import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { indexAgents } from '../../../src/discovery/matching/agent-index.ts'
import { matchProcess } from '../../../src/discovery/matching/process-match.ts'
import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'
import { agentPrograms } from '../../../src/discovery/running/agent-programs.ts'

const index = indexAgents(builtInCatalogue())
const PROCESS = { pid: 9, parentPid: 1, startTicks: 1, userId: '1000', sessionId: 9, ttyNumber: 0, comm: 'x' }
const MODULES = '/usr/lib/node_modules'

function programsOf(executable: string, argv: readonly string[], resolved?: ProcessRecord['resolved']) {
  const process = { ...PROCESS, executable, argv, workingFolder: '/home/ada', resolved, sessionMarkers: {} }
  const match = matchProcess(index, process, ['/home/ada'])
  return agentPrograms(match === undefined ? [] : [match])
}

test('an executable is the program of an agent', () => {
  expect(programsOf('/usr/local/bin/codex', ['codex'])).toEqual({ programs: ['/usr/local/bin/codex'], packages: [] })
})

test('of an interpreter the script counts too, as it is named and where it lies', () => {
  const path = `${MODULES}/@google/gemini-cli/dist/index.js`
  const resolved = { path, package: { name: '@google/gemini-cli' } }
  expect(programsOf('/usr/bin/node', ['node', '/usr/bin/gemini'], resolved)).toEqual({
    programs: ['/usr/bin/node', '/usr/bin/gemini', path],
    packages: ['@google/gemini-cli'],
  })
})

test('a package is known by its folder, also while npm replaces it', () => {
  const aside = `${MODULES}/@anthropic-ai/.claude-code-FYO2xxml/bin/claude.exe`
  expect(programsOf(aside, ['claude'])).toEqual({
    programs: [aside, `${MODULES}/@anthropic-ai/claude-code/bin/claude.exe`],
    packages: ['@anthropic-ai/claude-code'],
  })
})

test.each([
  [['deno', 'run', 'npm:@google/gemini-cli', '--yolo']],
  [['deno', 'x', 'npm:@google/gemini-cli@0.61.0/gemini']],
  [['deno', 'run', '/home/ada/.cache/deno/npm/registry.npmjs.org/@google/gemini-cli/0.61.0/bundle/gemini.js']],
])('a package is known as Deno names it: %j', (argv) => {
  expect(programsOf('/usr/bin/deno', argv).packages).toEqual(['@google/gemini-cli'])
})

test('does not report a package that the catalogue does not know, nor another path', () => {
  const resolved = { path: '/usr/local/bin/codex', package: { name: '@ada/codex' } }
  expect(programsOf('/usr/local/bin/codex', ['codex'], resolved).packages).toEqual([])
  expect(programsOf('/usr/bin/deno', ['deno', 'run', 'npm:@google/gemini-cli']).programs).toEqual(['/usr/bin/deno'])
  expect(agentPrograms([])).toEqual({ programs: [], packages: [] })
})

test('at most 16 programs are kept', () => {
  const matches = Array.from({ length: 20 }, (_, at) =>
    matchProcess(index, { ...PROCESS, executable: `/opt/${at}/bin/codex`, argv: ['codex'], sessionMarkers: {} }, []),
  ).filter((match) => match !== undefined)
  expect(matches).toHaveLength(20)
  expect(agentPrograms(matches).programs).toHaveLength(16)
})
