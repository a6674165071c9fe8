import { randomBytes } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { openDeparting } from './departing.ts'

/** Deactivates a human and is killed before a step of it: `departure-child.ts FOLDER HUMAN CONTROL STEP`. Says `done` without that step. */

const [folder = '', human = '', control = '', step = ''] = process.argv.slice(2)
using directory = openDeparting(folder, (bytes) => new Uint8Array(randomBytes(bytes)))
killBefore(Number(step))
await directory.departures.deactivate(human, { id: 'adm', name: 'administrator' }, { reason: 'left' })
killBefore(0)
process.stdout.write('done\n')

function killBefore(number: number): void {
  writeSync(openSync(control, 'r+'), Int32Array.of(number, 0), 0, 8, 0)
}
