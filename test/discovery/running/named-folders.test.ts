import { builtInCatalogue } from '../../../src/discovery/catalogue/built-in.ts'
import { namedFolders } from '../../../src/discovery/running/named-folders.ts'
import { findAgents } from '../../support/processes/find-agents.ts'
import { CODEX, processRecord } from '../../support/processes/process-record.ts'

function entryOf(id: string) {
  const entry = builtInCatalogue().entries.find((each) => each.id === id)
  if (entry === undefined) throw new TypeError(`the catalogue has ${id}`)
  return entry
}

test.each<[string, string, readonly string[], string | undefined, readonly string[]]>([
  ['the folder it is sent to', 'codex', ['--cd', '/srv/app', 'do it'], '/srv/app', []],
  ['in one word', 'codex', ['--cd=/srv/app/'], '/srv/app', []],
  ['behind a short flag, with a blank or without', 'codex', ['-C', '/a', '-C/srv/app'], '/srv/app', []],
  ['from where it stands', 'codex', ['-C', '../other'], '/home/alice/other', []],
  [
    'what it may use besides',
    'codex',
    ['--add-dir', '/srv/lib', '--add-dir', 'docs'],
    undefined,
    ['/srv/lib', '/home/alice/app/docs'],
  ],
  ['several in one', 'gemini-cli', ['--include-directories', '/a,/b,/a'], undefined, ['/a', '/b']],
  ['of its own agent alone', 'claude-code', ['--cwd', '/srv/app'], undefined, []],
  ['nothing of the prompt', 'codex', ['--', '--cd', '/srv/app'], undefined, []],
  ['no flag for a folder', 'codex', ['--cd', '--json'], undefined, []],
  ['no flag without one', 'codex', ['--cd'], undefined, []],
  ['not the root', 'codex', ['--cd', '/'], undefined, []],
  ['nothing with the shape of a secret', 'codex', ['--cd', 'sk-abcdefghijklmnopqrstu'], undefined, []],
  ['nothing beyond what a path may be', 'codex', ['--cd', `/${'x'.repeat(5_000)}`], undefined, []],
])('reports %s of a command line', (_, id, args, worksIn, more) => {
  expect(namedFolders(entryOf(id), args, '/home/alice/app')).toEqual({ worksIn, more })
})

test('ignores a relative folder whose base is unknown', () => {
  expect(namedFolders(entryOf('codex'), ['--cd', 'app'], undefined)).toEqual({ worksIn: undefined, more: [] })
})

test('an agent works where it was sent, with a limited number of further folders', () => {
  const many = Array.from({ length: 50 }, (_, at) => ['--add-dir', `/d/${at}`]).flat()
  const agent = processRecord(100, CODEX, ['codex', '-C', '/srv/app', ...many, 'sk-canary'], {
    workingFolder: '/home/alice',
  })
  const [found] = findAgents([agent])
  expect([found?.workspace, found?.moreFolders?.length]).toEqual(['/srv/app', 16])
  expect(JSON.stringify(found)).not.toContain('canary')
  const [plain] = findAgents([processRecord(100, CODEX, ['codex'], { workingFolder: '/home/alice' })])
  expect([plain?.workspace, plain !== undefined && 'moreFolders' in plain]).toEqual(['/home/alice', false])
})
