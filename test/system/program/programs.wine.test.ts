import { join } from 'node:path'
import { onWindows } from '../../support/windows/windows.ts'

/** Programs that ours start on Windows. Nothing is seen of processes that they start in turn: only a job would end those. */

const PROGRAM = join(import.meta.dirname, 'programs-probe.ts')

onWindows('programs of ours get their pipes, none of our environment, and end when asked', async (windows) => {
  const { status, stdout, stderr } = await windows.run(PROGRAM, [], { env: { SECRET: 'hush' } })
  expect([status, stderr]).toEqual([0, ''])
  expect(JSON.parse(stdout)).toEqual({
    echoed: {
      exitCode: 0,
      stderr: '',
      read: 'from the parent',
      SECRET: 'none',
      GIVEN: 'yes',
      SystemRoot: expect.stringMatching(/^C:\\windows$/i),
    },
    killed: { signal: 'SIGKILL' },
    disposed: { signal: 'SIGKILL' },
    unread: { exitCode: 0, stderr: '' },
    refused: ['COMMAND_NOT_ALLOWED', 'COMMAND_FAILED', 'COMMAND_FAILED'],
  })
})
