import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { programOf } from '../../../src/discovery/matching/script-argument.ts'

test.each([
  [
    '/usr/bin/node',
    ['node', '/x/.bin/gemini', '-p', 'hi'],
    { kind: 'script', path: '/x/.bin/gemini', args: ['-p', 'hi'] },
  ],
  [
    '/usr/bin/node',
    ['node', '--max-old-space-size=8', '-r', '/x/hook.js', '/x/cli.js'],
    { kind: 'script', path: '/x/cli.js', args: [] },
  ],
  ['/usr/bin/node', ['node', '-e', 'require("/x/.bin/gemini")', '/x/.bin/gemini'], undefined],
  ['/usr/bin/node', ['node'], undefined],
  ['/usr/bin/node', ['node', '--', '/x/cli.js'], { kind: 'script', path: '/x/cli.js', args: [] }],
  ['/usr/bin/node', ['pi', '', '', ''], { kind: 'title', title: 'pi', args: [] }],
  ['/usr/bin/node', ['openclaw-gateway'], { kind: 'title', title: 'openclaw-gateway', args: [] }],
  ['/opt/bun', ['bun', 'run', '/x/cli.js'], { kind: 'script', path: '/x/cli.js', args: [] }],
  ['/usr/bin/deno', ['deno', '-q', 'run', '-A', '/x/cli.js'], { kind: 'script', path: '/x/cli.js', args: [] }],
  ['/usr/bin/deno', ['deno', 'run', 'run', 'x'], { kind: 'script', path: 'run', args: ['x'] }],
  ['/usr/bin/node', ['node', 'run', '/x/cli.js'], { kind: 'script', path: 'run', args: ['/x/cli.js'] }],
  ['/usr/bin/python3.13', ['python3', '-m', 'aider', '--yes'], { kind: 'module', name: 'aider', args: ['--yes'] }],
  ['/usr/bin/python3', ['python3', '-Im', 'aider'], { kind: 'module', name: 'aider', args: [] }],
  ['/usr/bin/python3', ['python3', '-c', 'import aider', '/x/bin/aider'], undefined],
  ['/usr/bin/python3', ['python3', '-W', 'ignore', '/x/bin/aider'], { kind: 'script', path: '/x/bin/aider', args: [] }],
  ['/usr/bin/node22', ['node', '/x/cli.js'], { kind: 'script', path: '/x/cli.js', args: [] }],
  ['/usr/bin/node-22', ['node', '/x/cli.js'], { kind: 'script', path: '/x/cli.js', args: [] }],
  ['/usr/bin/node-22', ['node-22', '/x/cli.js'], { kind: 'script', path: '/x/cli.js', args: [] }],
  ['/usr/bin/node-22', ['node-22'], undefined],
  ['/usr/bin/node-22', ['pi', '', ''], { kind: 'title', title: 'pi', args: [] }],
  ['/x/bin/python3.14t', ['python', '/x/bin/aider'], { kind: 'script', path: '/x/bin/aider', args: [] }],
  ['/usr/bin/python3.13-dbg', ['python3', '-m', 'aider'], { kind: 'module', name: 'aider', args: [] }],
  ['/usr/bin/node_exporter', ['node_exporter', '/x/.bin/gemini'], undefined],
  ['/usr/bin/node-gyp', ['node-gyp', '/x/.bin/gemini'], undefined],
  ['/usr/bin/python3-config', ['python3-config', '/x/bin/aider'], undefined],
  ['/usr/bin/bash', ['bash', '/x/.bin/gemini'], undefined],
  ['/usr/bin/vim', ['vim', 'gemini-notes.md'], undefined],
])('%s %j', (executable, argv, program) => expect(programOf(executable, argv)).toEqual(program))

/** Of the Node that runs this: options that must have a value, by all their names. */
function optionsWithValue(): readonly string[] {
  const help = execFileSync(process.execPath, ['--help'], { encoding: 'utf8' })
  const heads = [...help.matchAll(/^ {2}(-.*?)(?<!\[)=(?:\.\.\.|\[host)/gm)].map(([, head = '']) => head)
  // Its other name beside that takes none.
  const none = ['--experimental-default-config-file']
  return heads.flatMap((head) => head.split(', ')).filter((option) => !none.includes(option))
}

test('what follows an option of Node that has a value is no script', () => {
  const withoutScript = ['-e', '--eval', '-p', '--print', '--run']
  const options = optionsWithValue()
  expect(options.length).toBeGreaterThan(50)
  const wrong = options.filter((option) => {
    const program = programOf('/usr/bin/node', ['node', option, 'value', '/x/cli.js'])
    return withoutScript.includes(option)
      ? program !== undefined
      : program?.kind !== 'script' || program.path !== '/x/cli.js'
  })
  expect(wrong).toEqual([])
})

test('never throws', () => {
  const executable = fc.constantFrom('/usr/bin/node', '/usr/bin/python3', '/opt/bun', '', 'node')
  fc.assert(fc.property(executable, fc.array(fc.string()), (path, argv) => void programOf(path, argv)))
})
