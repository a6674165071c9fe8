import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TEST_SEED } from '../../support/jest/test-seed.ts'
import { compileShim } from '../shims/compile-shim.ts'
import { cutPower, type Outcome, type Story } from './cut-story.ts'
import type { Recorder } from './recorder.ts'

/**
 * The power is cut at every place between two file operations, and the disk keeps only what was synced: what was
 * acknowledged is there afterwards, and nothing half-written is believed. What the workloads do, what tears, and which
 * machines start again to be cut once more is drawn by a seed that is another one each time: `TEST_SEED=NUMBER` gives
 * the same again, and `POWER_CUT_RESTARTS=NUMBER` has more of them start again.
 */
export interface PowerCuts {
  readonly recorder: Recorder
  /** Why no power can be cut here. */
  readonly missing: string | undefined
  /** An empty folder. */
  newFolder(): string
  /** Cuts the power of `runs` runs at every place or at a share of them, or of one at a few, and prints one line. */
  cut(
    story: Story,
    extent: { readonly runs: number; readonly share?: number } | { readonly places: number },
  ): Promise<readonly Outcome[]>
}

const RESTARTS = Number(process.env.POWER_CUT_RESTARTS ?? 6)

export function preparePowerCuts(): PowerCuts {
  // In memory where that is possible: ext4 would sync each file that is renamed over.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'surety-power-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const shim = compileShim(join(import.meta.dirname, 'recording-shim.c'), folder)
  const recorder = { shim: 'path' in shim ? shim.path : '', folder }
  let folders = 0
  const newFolder = () => {
    const path = join(folder, String(folders++))
    mkdirSync(path)
    return path
  }
  return {
    recorder,
    missing: 'missing' in shim ? shim.missing : undefined,
    newFolder,
    async cut(story, extent) {
      const outcomes: Outcome[] = []
      const restarts = 'runs' in extent ? RESTARTS : 0
      for (let run = 0; run < ('runs' in extent ? extent.runs : 1); run++) {
        outcomes.push(
          await cutPower(recorder, story, { folder: newFolder(), seed: TEST_SEED + run, restarts, ...extent }),
        )
      }
      process.stdout.write(`power cuts, ${summaryOf(story, outcomes)}, seed ${TEST_SEED}\n`)
      return outcomes
    },
  }
}

function summaryOf({ workload, prepare }: Story, outcomes: readonly Outcome[]): string {
  const sum = (count: (outcome: Outcome) => number) => outcomes.reduce((total, each) => total + count(each), 0)
  return [
    `${prepare === undefined ? '' : 'prepared '}${workload.name} ${workload.variant ?? 'real'}`,
    `: ${sum(({ places }) => places)} cuts in ${sum(({ operations }) => operations)} operations`,
    `, ${sum(({ placesOfRestarts }) => placesOfRestarts)} after another`,
    `, ${sum(({ reboots }) => reboots)} reboots, ${sum(({ wrong }) => wrong.length)} wrong`,
  ].join('')
}
