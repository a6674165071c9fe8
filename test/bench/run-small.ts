import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

export const BENCH_ARGS = [
  '--disable-warning=ExperimentalWarning',
  resolve(import.meta.dirname, '../../bench/run.ts'),
] as const

/** They make packages for minutes, and boot a machine: `packages.test.ts` runs them with the family of the packages. */
export const OF_PACKAGES: readonly string[] = ['installed', 'package-size']

/** Runs a benchmark in its small form, or skips it with the reason. It must throw nothing; its figures are not looked at. */
export function testSmall(name: string, absent: string | undefined): void {
  if (absent !== undefined) process.stderr.write(`skipped: bench ${name}: ${absent}\n`)
  const there = absent === undefined ? test : test.skip
  there(`${name} runs small and reports figures`, async () => {
    const env = { ...process.env, BENCH_SMALL: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, [...BENCH_ARGS, name], { env })
    const figures = stdout.trim().split('\n')
    // JSON has null for what never came within the time of a small run.
    const isFigure = ({ name, value }: { name?: unknown; value?: unknown }) =>
      typeof name === 'string' && (typeof value === 'number' || value === null)
    expect(figures.map((line) => JSON.parse(line)).filter((figure) => !isFigure(figure))).toEqual([])
  })
}
