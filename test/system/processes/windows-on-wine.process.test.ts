import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { windowsNode } from './windows-node.ts'

/** The real addon and the real sources on the project's own Node for Windows. Wine stands in for Windows. */
const node = windowsNode()
const absent = 'absent' in node ? `(skipped: ${node.absent}) ` : ''
const onWine = absent === '' ? test : test.skip

const PROGRAM = join(import.meta.dirname, './windows-probe.ts')

onWine(`${absent}Windows tells of a child what it is, whose, with its arguments, folder and names of variables`, () => {
  using folder = temporaryFolder()
  const out = join(folder.path, 'seen.json')
  if ('absent' in node) return
  node.run(PROGRAM, `Z:${out}`)
  const seen = JSON.parse(readFileSync(out, 'utf8'))
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
    executable: seen.execPath,
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
    workingFolder: 'C:\\windows',
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
})
