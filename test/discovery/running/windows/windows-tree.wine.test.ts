import { join } from 'node:path'
import { scaledMs } from '../../../support/machine-speed.ts'
import { onWindows } from '../../../support/windows/windows.ts'
import { agentsIn, EXPECTED } from './windows-tree.ts'

/** Processes as Wine tells them. A stand-in for an agent runs; the real ones of npm run in `test/windows/`. */

const PROBE = join(import.meta.dirname, './windows-tree-probe.ts')

onWindows('an agent that npm installed on Windows is found with its tool', async (windows) => {
  const { status, stdout, stderr } = await windows.run(PROBE, [String(scaledMs(60_000))])
  expect({ status, failed: status === 0 ? '' : stderr }).toEqual({ status: 0, failed: '' })
  expect(agentsIn(JSON.parse(stdout))).toMatchObject(EXPECTED)
})
