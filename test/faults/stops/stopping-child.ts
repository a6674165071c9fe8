import { agentOf, stopOf, testEnforcement } from '../../support/daemon/test-enforcement.ts'

/**
 * Stops an agent and releases it, again and again, until it is killed: `stopping-child.ts FOLDER NAME ID PID START_TICKS`. Says
 * `ready` before it begins.
 */

const [folder = '', name = '', id = '', pid = '', startTicks = ''] = process.argv.slice(2)
const { enforcement, scanned } = await testEnforcement({ folder, name })
scanned([agentOf({ pid: Number(pid), startTicks: Number(startTicks) }, { id })])
process.stdout.write('ready\n')
for (;;) {
  const stop = stopOf()
  await enforcement.stop(stop)
  await enforcement.release([stop.id])
}
