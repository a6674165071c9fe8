import { world } from './kernel-by-hand.ts'

/** Where the program of a process lies is asked for when it begins, and kept. */

const LINK = '/srv/x/bin/claude'
const LIES = { path: '/srv/x/lib/claude' }

test('a script is resolved as it begins, once, and makes an agent of what runs it', () => {
  const { kernel, files, state, changes, recordOf } = world()
  files.set(LINK, LIES)
  kernel.run(1, 10, 'node', [LINK])
  expect(changes).toEqual(['started'])
  const asked = state.resolved
  files.clear()
  expect(recordOf(10)?.resolved).toEqual(LIES)
  expect(recordOf(10)?.resolved).toEqual(LIES)
  expect(state.resolved).toBe(asked)
})

test('a fork runs what its parent runs, and another program has its own', () => {
  const { kernel, files, recordOf } = world()
  files.set(LINK, LIES)
  kernel.run(1, 10, 'node', [LINK])
  kernel.fork(10, 11)
  expect(recordOf(11)?.resolved).toEqual(LIES)
  kernel.exec(11, 'node', ['/srv/other.js'])
  expect(recordOf(11)?.resolved).toBeUndefined()
})

test.each([
  ['an ordinary program', 'bash', ['/srv/x/bin/claude']],
  ['a module', 'python3', ['-m', 'claude']],
  ['code on a command line', 'node', ['-e', 'claude']],
  ['a script of which nobody says where it is', 'node', []],
])('nothing is asked for %s', (_, program, args) => {
  const { kernel, state, recordOf } = world()
  kernel.run(1, 10, program, args)
  expect(recordOf(10)?.resolved).toBeUndefined()
  expect(state.resolved).toBe(0)
})

test('a script that is named from where it was started is asked for by its whole path', () => {
  const { kernel, files, recordOf } = world()
  files.set('/code/10/claude', LIES)
  kernel.run(1, 10, 'node', ['./claude'])
  expect(recordOf(10)?.resolved).toEqual(LIES)
})

test('retries a timed-out read in the next full scan, and not before', () => {
  const { kernel, files, state, changes, memory, look, recordOf } = world()
  files.set(LINK, 'late')
  kernel.run(1, 9, 'bash')
  kernel.run(9, 10, 'node', [LINK])
  look()
  memory.current()
  expect([state.resolved, changes]).toEqual([2, []])
  files.set(LINK, LIES)
  expect(recordOf(10)).toMatchObject({ resolved: LIES, agent: true })
  expect(memory.isConsistent).toBe(true)
  const asked = state.resolved
  look()
  expect(state.resolved).toBe(asked)
})

test('asks for an executable with a name of the catalogue, also of a later one', () => {
  const { kernel, files, names, changes, memory, recordOf } = world()
  files.set('/usr/bin/droid', LIES)
  kernel.run(1, 10, 'droid')
  memory.recheck()
  expect(recordOf(10)).toMatchObject({ agent: false })
  names.add('/usr/bin/droid')
  memory.recheck()
  expect(recordOf(10)).toMatchObject({ resolved: LIES, agent: true })
  kernel.run(1, 11, 'droid')
  expect(changes).toEqual(['started'])
})

test('does not keep the earlier program of a process that ended before it was read', () => {
  const { kernel, files, tell, recordOf } = world()
  files.set(LINK, LIES)
  kernel.run(1, 10, 'node', [LINK])
  tell([{ kind: 'exec', pid: 10, process: 'gone', executable: '/usr/bin/other' }])
  kernel.fork(10, 11)
  const above = recordOf(11)?.forkedBy
  expect([above?.executable, above?.resolved]).toEqual(['/usr/bin/other', undefined])
})

test('without what follows links, scripts are known by their names alone', () => {
  const { kernel, recordOf } = world()
  kernel.run(1, 10, 'node', [LINK])
  expect(recordOf(10)).toMatchObject({ agent: false, argv: ['/usr/bin/node', LINK] })
})
