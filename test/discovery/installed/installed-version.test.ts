import { installedVersion } from '../../../src/discovery/installed/installed-version.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'

function installation(path: string, version?: string): AgentSighting {
  return {
    kind: 'agent',
    id: 'a'.repeat(32),
    name: 'Codex CLI',
    catalogueId: 'codex',
    evidence: [],
    state: 'installed',
    agentKind: 'cli-agent',
    path,
    ...(version === undefined ? {} : { version }),
  }
}

const GLOBAL = '/home/ada/.nvm/versions/node/v26.10.0'
const INSTALLED = [
  installation(`${GLOBAL}/lib/node_modules/@openai/codex`, '0.169.0'),
  installation('/opt/codex', '0.1.0'),
  installation('/srv/unknown'),
]

test.each([
  ['in its folder', '/opt/codex/bin/codex', '0.1.0'],
  ['in a package for this system', `${GLOBAL}/lib/node_modules/@openai/codex-linux-x64/vendor/bin/codex`, '0.169.0'],
  ['by the command that npm linked', `${GLOBAL}/bin/codex`, '0.169.0'],
])('the version of what runs %s', (_, file, version) => {
  expect(installedVersion(INSTALLED, 'codex', file)).toBe(version)
})

test.each([
  ['of another prefix', '/usr/local/bin/codex'],
  ['whose name only begins alike', '/opt/codex-fork/bin/codex'],
  ['below the folder of commands', `${GLOBAL}/bin/more/codex`],
  ['in the modules of a project', '/home/ada/project/node_modules/@openai/codex-linux-x64/vendor/bin/codex'],
  ['of an installation that says no version', '/srv/unknown/codex'],
])('no version of what runs %s', (_, file) => {
  expect(installedVersion(INSTALLED, 'codex', file)).toBeUndefined()
})

test('the version of another agent is not taken', () => {
  expect(installedVersion(INSTALLED, 'gemini-cli', `${GLOBAL}/bin/codex`)).toBeUndefined()
})
