import { join } from 'node:path'
import { PROCESSES_CHECKS } from '../../../contracts/processes.checks.ts'
import { allPass } from '../../../contracts/run-checks.ts'
import { onWindows } from '../../../support/windows/windows.ts'

/**
 * The real addon and the real sources on the project's own Node for Windows. Wine stands in for Windows. It has one user, so
 * nothing is seen of processes that our user may not open.
 */

const PROGRAM = join(import.meta.dirname, './processes-probe.ts')

onWindows('Windows reports a child with user, arguments, folder and names of variables', async (windows) => {
  const { status, stdout } = await windows.run(PROGRAM)
  expect(status).toBe(0)
  const seen = JSON.parse(stdout)
  expect(seen.failed).toBeUndefined()
  expect(seen.ownUserId).toMatch(/^S-1-5-21(-\d+)+$/)
  const child = {
    pid: seen.pid,
    parentPid: seen.own,
    startTicks: expect.any(Number),
    userId: seen.ownUserId,
    sessionId: seen.self.sessionId,
    ttyNumber: 0,
    comm: 'node.exe',
    executable: seen.execPath.replaceAll('\\', '/'),
    argv: [seen.execPath, '-e', 'setInterval(() => {}, 1000)', '', 'two words', 'a"b', 'ünïcode', 'C:\\dir\\'],
  }
  expect([seen.child, seen.childAgain, seen.entry]).toEqual([child, child, child])
  expect(Math.abs(seen.child.startTicks / 1000 - Date.now())).toBeLessThan(600_000)
  expect(new Set(seen.pids).size).toBe(seen.pids.length)
  expect(seen.names).toEqual(expect.arrayContaining(['THREAD', 'TOKEN']))
  expect(seen.surroundings).toEqual({
    startTicks: seen.child.startTicks,
    environmentNames: seen.names,
    sessionMarkers: { THREAD: '0199' },
    workingFolder: 'C:/windows',
  })
  expect(JSON.stringify(seen)).not.toContain('hush')
  expect(seen.absent).toEqual([null, null])
  expect(seen.boot[0]).toMatch(/^\d{17,18}$/)
  expect(seen.boot[1]).toBe(seen.boot[0])
  expect(seen.nonsense).toBe('TypeError TypeError ')
  expect(seen.small).toEqual([true, false])
  expect(seen.events.map(({ kind }: { kind: string }) => kind)).toEqual(['fork', 'exec', 'exit'])
  expect(seen.events[0].parentPid).toBe(seen.own)
  expect(seen.gone).toBeNull()
  expect(seen.contract).toEqual(allPass(PROCESSES_CHECKS))
  // Wine counts no cycles.
  expect(seen.details).toEqual({
    activity: null,
    executableNow: seen.execPath.replaceAll('\\', '/'),
    logins: [{ userId: seen.ownUserId, session: '1', kind: 'graphical' }],
  })
  const { folder, ...resolved } = seen.resolved
  const base = folder.replaceAll('\\', '/')
  expect(resolved).toEqual({
    withPackage: {
      path: `${base}/agent/bin/Cli.js`,
      manifest: { folder: `${base}/agent`, text: '{"name":"@acme/agent"}' },
    },
    large: { path: `${base}/large/cli.js` },
    without: { path: `${base}/cli.js` },
    absent: [null, null, { path: 'C:/' }],
  })
  // Wine has no such events, and says so.
  expect(seen.eventsFault).toMatch(/^Windows Management Instrumentation does not announce processes \(0x8[0-9A-F]{7}\)/)
  expect(seen.isPartOfSystem).toBe(true)
})
