import { DEFAULT_POLICY } from '../../src/directory/policy/policy.ts'
import type { Row } from '../../src/system/sqlite/sqlite.ts'
import type { RunningDirectory } from '../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire } from '../support/directory/scripted-device.ts'

/** A device that behaved until now: what it does next is the test's. */
export interface Known {
  readonly device: ScriptedDevice
  readonly wire: Wire
  readonly id: string
}

/** Nothing is asked of a device but that it attests and says something. */
export const LENIENT = { ...DEFAULT_POLICY, checks: {} }

/** @param at one with a lenient policy. */
export async function compliant(at: RunningDirectory): Promise<Known> {
  const device = at.device()
  const { wire } = await device.enrol(await at.token())
  wire.send(await device.batch())
  await nextAck(wire)
  const id = device.id ?? ''
  expect((await at.result(id)).verdict).toBe('compliant')
  return { device, wire, id }
}

/** What is on the record of it, beside that it enrolled and attested, and changes of its verdict. */
export function eventsOf(at: RunningDirectory, id: string): readonly Row[] {
  return at.rows(
    "SELECT kind, detail_json AS json FROM activity WHERE device = ? AND kind NOT IN ('enrolled', 'attested', 'verdict-changed') ORDER BY id",
    id,
  )
}
