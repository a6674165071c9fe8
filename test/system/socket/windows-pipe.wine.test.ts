import { join } from 'node:path'
import { LOCAL_SOCKET_CHECKS } from '../../contracts/local-socket.checks.ts'
import { allPass } from '../../contracts/run-checks.ts'
import { sampleStatus } from '../../support/daemon/sample-status.ts'
import { onWindows } from '../../support/windows/windows.ts'

/**
 * The local socket on a named pipe, with the real addon. Wine stands in for Windows. It has one user, lets two programs listen at one
 * name and anybody connect, and impersonates the server itself instead of the client: other users, refused rights, a name that is
 * taken, clients of other machines and whose token it is are not tried.
 */

const PROGRAM = join(import.meta.dirname, 'windows-pipe-probe.ts')

onWindows('a pipe keeps the contract of the local socket, and `surety` connects through it', async (windows) => {
  const { stdout } = await windows.run(PROGRAM)
  const seen = JSON.parse(stdout)
  expect(seen.failed).toBeUndefined()
  expect(seen.contract).toEqual(allPass(LOCAL_SOCKET_CHECKS))
  expect(seen.own).toEqual({ userId: expect.stringMatching(/^S-1-5-21(-\d+)+$/), isAdministrator: true })
  // Neither a name that is free, nor one that was closed; a file that is no pipe; no descriptor; no name of a pipe.
  expect(seen.ended).toBe(7)
  const { absent: unknown, noPipe, badSecurity, badName, badCalls } = seen
  expect(unknown).toEqual([2, 2])
  expect([noPipe, badSecurity, badName].every((error) => error > 0)).toBe(true)
  expect(badCalls).toEqual(Array(7).fill('TypeError'))
  const user = { userId: seen.own.userId, isAdministrator: false }
  expect(seen.restricted).toEqual({
    answers: [
      user,
      { status: sampleStatus() },
      { error: { code: 'NOT_PERMITTED', message: expect.stringContaining('for administrators only') } },
    ],
    callers: [{ userId: user.userId, isRoot: false }],
  })
  expect(seen.squatted).toEqual({ answer: 'DAEMON_UNTRUSTED', heard: '' })
  expect(seen.status.status).toEqual(sampleStatus())
  const { printed, absent } = seen.status
  expect(JSON.parse(printed.stdout)).toEqual(sampleStatus())
  expect([printed.exitCode, printed.stderr]).toEqual([4, ''])
  expect([absent.exitCode, absent.stdout]).toEqual([6, ''])
  expect(absent.stderr).toContain('[DAEMON_UNREACHABLE]')
})
