import fc from 'fast-check'
import { programOf } from '../../src/discovery/script-argument.ts'

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
  ['/usr/bin/python3.13', ['python3', '-m', 'aider', '--yes'], { kind: 'module', name: 'aider', args: ['--yes'] }],
  ['/usr/bin/python3', ['python3', '-Im', 'aider'], { kind: 'module', name: 'aider', args: [] }],
  ['/usr/bin/python3', ['python3', '-c', 'import aider', '/x/bin/aider'], undefined],
  ['/usr/bin/python3', ['python3', '-W', 'ignore', '/x/bin/aider'], { kind: 'script', path: '/x/bin/aider', args: [] }],
  ['/usr/bin/bash', ['bash', '/x/.bin/gemini'], undefined],
  ['/usr/bin/vim', ['vim', 'gemini-notes.md'], undefined],
])('%s %j', (executable, argv, program) => expect(programOf(executable, argv)).toEqual(program))

test('never throws', () => {
  const executable = fc.constantFrom('/usr/bin/node', '/usr/bin/python3', '/opt/bun', '', 'node')
  fc.assert(fc.property(executable, fc.array(fc.string()), (path, argv) => void programOf(path, argv)))
})
