import { openSync, writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { orderTo, type StopKind, stoppingDevice } from './stopping-device.ts'

/**
 * Carries out orders about one agent, and is killed before a step of the last one:
 * `step-child.ts FOLDER NAME AGENT WITHOUT KINDS CONTROL STEP`. Says `done` where it has no such step.
 */

const [folder = '', name = '', agent = '', without = '', kinds = '', control = '', step = ''] = process.argv.slice(2)
const found: AgentSighting = JSON.parse(agent)
await using device = await stoppingDevice({ folder, name, found: [found], without: JSON.parse(without) })
device.scanned([found])
// What follows the scan is no step of the order.
await delay(50)
const orders = kinds.split(' ').map((kind, at) => orderTo(kind as StopKind, at + 1)) // the test gives no other
const last = orders.at(-1)
for (const order of orders) {
  if (order === last) killBefore(Number(step))
  await device.carryOut(order)
}
// What is written down after the receipt.
await delay(100)
killBefore(0)
process.stdout.write('done\n')
process.exit(0)

function killBefore(number: number): void {
  writeSync(openSync(control, 'r+'), Int32Array.of(number, 0), 0, 8, 0)
}
