import { spawnSync } from 'node:child_process'
import { READER_FLAGS } from '../../src/reader/reader-flags.ts'

const SIGNALLED = "process.kill(process.pid, 'SIGUSR1'); setTimeout(() => undefined, 500)"

function listens(flags: readonly string[]): boolean {
  const { status, stderr } = spawnSync(process.execPath, [...flags, '-e', SIGNALLED], { encoding: 'utf8', env: {} })
  expect(status).toBe(0)
  return stderr.includes('Debugger listening')
}

test('another program of the same user cannot make the reader listen for a debugger', () => {
  expect([listens([]), listens(READER_FLAGS)]).toEqual([true, false])
})
