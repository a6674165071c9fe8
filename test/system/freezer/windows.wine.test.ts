import { join } from 'node:path'
import { FREEZER_CHECKS } from '../../contracts/freezer.checks.ts'
import { allPass } from '../../contracts/run-checks.ts'
import { onWindows } from '../../support/windows/windows.ts'

/**
 * The real addon stops a real agent of eight threads, a child in a session of its own, and a child that outlived its parent. Wine
 * stands in for Windows. It does not prove what an unprivileged user may resume, nor how a job of another program nests with ours.
 */

const PROBE = join(import.meta.dirname, './windows-freeze-probe.ts')

onWindows('suspends a whole agent, also after a restart, and resumes or ends it', async (windows) => {
  const { status, stdout } = await windows.run(PROBE)
  expect(status).toBe(0)
  const seen = JSON.parse(stdout)
  expect(seen.failed).toBeUndefined()
  const three = Array(3).fill('suspend')
  expect(seen.whole).toEqual({
    statuses: three,
    again: three,
    confirmed: true,
    grewWhileFrozen: [],
    members: 3,
    stands: true,
    released: 3,
    heldAfter: [],
  })
  expect(seen.escaped).toEqual({ membersWithout: false, grewAfterwards: [], standsAgain: true, released: 3, rows: 3 })
  expect(seen.nested).toEqual({ grewAlone: ['child'] })
  expect(seen.refusals).toEqual({
    rows: ['ended', 'ended', 'protected'],
    releasedByWrongName: 0,
    thrown: Array(5).fill('TypeError'),
  })
  expect(seen.restarted).toEqual({
    grewWithoutDaemon: [],
    unknown: [],
    stood: [true],
    again: ['suspend'],
    released: 3,
  })
  expect(seen.hopper).toEqual({ isStill: true, lives: true, confirmed: true, isOver: true })
  expect(seen.drill).toEqual({
    code: null,
    method: 'suspend',
    weaknesses: ['suspend', 'network-open', 'exec-not-held'],
    processCount: 2,
    missed: [],
    took: 'number',
  })
  expect(seen.contract).toEqual(allPass(FREEZER_CHECKS))
  expect(seen.ended).toEqual({ killed: 3, afterwards: ['ended'], held: [] })
})
