import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWindows, windowsAbsence } from '../test/support/windows/windows.ts'
import { type Benchmark, median, rounded, sizeOf } from './benchmark.ts'
import { linuxScanMs } from './inventory.ts'

const COUNT = sizeOf(300, { small: 20 })
const RUNS = sizeOf(9, { small: 1 })
const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const SLEEPER = '#include <windows.h>\nint main(void) { Sleep(600000); return 0; }\n'

export const inventoryWindows: Benchmark = {
  name: 'inventory-windows',
  about: `scan of ${COUNT} processes under Wine, beside a scan of as many on Linux`,
  unit: 'ms',
  limit: 'none: Wine is not Windows; the figure shows that nothing grows with the square of the processes',
  async run(report) {
    const absent = windowsAbsence()
    if (absent !== undefined) throw new Error(absent)
    using windows = openWindows()
    const sleeper = join(windows.driveC, 'sleeper.exe')
    const source = join(windows.driveC, 'sleeper.c')
    writeFileSync(source, SLEEPER)
    const compiled = spawnSync(COMPILER, ['-O2', '-s', source, '-o', sleeper], { stdio: 'inherit' })
    if (compiled.status !== 0) throw new Error('the sleeper could not be compiled')
    const { status, stdout } = await windows.run(join(import.meta.dirname, 'inventory-windows-process.ts'), [
      ...['C:\\sleeper.exe', String(COUNT), String(RUNS)],
    ])
    if (status !== 0) throw new Error(`the scan under Wine ended with ${status}`)
    const { count, firstMs, againMs, entryMs } = JSON.parse(stdout) as WindowsScan
    const linuxMs = await linuxScanMs(count, RUNS)
    for (const [name, ours] of [
      ['inventory-windows', againMs],
      ['inventory-windows-first', [firstMs]],
      ['inventory-windows-entry', entryMs],
    ] as const) {
      report({
        name,
        value: rounded(median(ours)),
        unit: 'ms',
        ratio: rounded(median(ours) / linuxMs),
        against: `Linux ${rounded(linuxMs)} ms, ${count} processes`,
      })
    }
  },
}

/** What `inventory-windows-process.ts` prints. Milliseconds. */
export interface WindowsScan {
  readonly count: number
  /** Nothing is known of any process yet. */
  readonly firstMs: number
  readonly againMs: readonly number[]
  /** One process, without the list. */
  readonly entryMs: readonly number[]
}
