/** Runs under Wine: `PROGRAM COUNT RUNS`. Starts COUNT processes, scans them RUNS times, and prints how long each scan took. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { windowsProcesses } from '../src/system/processes/windows/process-table.ts'
import { timesMs } from './benchmark.ts'
import type { WindowsScan } from './inventory-windows.ts'

const [program = '', count = '0', runs = '1'] = process.argv.slice(2)
const addon = createRequire(import.meta.url)(join(import.meta.dirname, '../native/build/surety-native-win32-x64.node'))
const table = windowsProcesses({ addon })
const children = Array.from({ length: Number(count) }, () => spawn(program, { stdio: 'ignore' }))
try {
  await Promise.all(children.map((child) => once(child, 'spawn')))
  const begun = performance.now()
  const found = await table.scan({})
  const firstMs = performance.now() - begun
  const againMs = await timesMs(Number(runs), () => table.scan({}))
  const entryMs = await timesMs(Number(runs), () => table.entry(children[0]?.pid ?? 0))
  const scan: WindowsScan = { count: found.length, firstMs, againMs, entryMs }
  console.log(JSON.stringify(scan))
} finally {
  for (const child of children) child.kill()
}
process.exit(0)
