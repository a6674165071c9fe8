import { world } from './kernel-by-hand.ts'

test('below an agent, keeps what a process ran first before another program', () => {
  const { kernel, recordOf } = world()
  kernel.run(1, 10, 'claude')
  kernel.run(10, 11, 'bash', ['/x/wrap.sh'])
  expect(recordOf(11)?.firstArgv).toBeUndefined()
  for (const program of ['env', 'node']) kernel.exec(11, program)
  kernel.fork(11, 12)
  expect([recordOf(11)?.firstArgv, recordOf(12)?.firstArgv]).toEqual([['/usr/bin/bash', '/x/wrap.sh'], undefined])
  kernel.run(1, 20, 'bash', ['/x/wrap.sh'])
  kernel.exec(20, 'node')
  expect(recordOf(20)?.firstArgv).toBeUndefined()
})

test('a tool that runs another program after the first is counted once', () => {
  const { kernel, changes, recordOf } = world()
  kernel.run(1, 10, 'unheard-of')
  kernel.fork(10, 11)
  kernel.exec(11, 'setsid')
  kernel.setsid(11)
  for (const program of ['sh', 'nice', 'make']) kernel.exec(11, program)
  expect([changes.splice(0), recordOf(10)?.ownSessionChildren]).toEqual([['tool'], 1])
  kernel.fork(10, 12)
  kernel.setsid(12)
  for (const program of ['sh', 'ls']) kernel.exec(12, program)
  expect([changes, recordOf(10)?.ownSessionChildren]).toEqual([['tool'], 2])
})
