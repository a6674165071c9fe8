import type { RunningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck, type ScriptedDevice, type Wire } from '../../support/directory/scripted-device.ts'

/** Devices that are enrolled, and what a directory says to their evidence. */

export async function enrolled(directory: RunningDirectory): Promise<{ device: ScriptedDevice; wire: Wire }> {
  const device = directory.device()
  const { wire } = await device.enrol(await directory.token())
  return { device, wire }
}

export async function sendAndAck(wire: Wire, compact: string) {
  wire.send(compact)
  return nextAck(wire)
}
