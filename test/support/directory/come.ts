import type { DeviceLabel, Welcome } from '../../../src/protocol/messages/frames.ts'
import type { RunningDirectory } from './running-directory.ts'
import type { ScriptedDevice, Wire } from './scripted-device.ts'

const LABEL = { hostname: 'laptop', platform: 'linux', arch: 'x64' } as const

/** What became of a device that came with an enrolment string. */
export interface Came {
  /** `accepted`, `pending`, or the code of the refusal. */
  readonly outcome: string
  readonly welcome: Welcome | undefined
  readonly device: ScriptedDevice
  /** Still open after a welcome. */
  readonly wire: Wire
}

/** Lets a device enrol that calls itself so. */
export async function come(
  running: RunningDirectory,
  enrolment: string,
  label: Partial<DeviceLabel> = {},
  device: ScriptedDevice = running.device(),
): Promise<Came> {
  const wire = await device.dial()
  wire.send(device.helloToken(enrolment))
  const challenge = await wire.next()
  if (challenge.kind === 'refusal') return { outcome: String(challenge.payload.code), welcome: undefined, device, wire }
  const attestation = device.attestation(challenge.payload as never, wire, 'enrol') // its kind was read
  wire.send(await device.sign('attestation', { ...attestation, label: { ...LABEL, ...label } }))
  const frame = await wire.next()
  if (frame.kind !== 'welcome') return { outcome: String(frame.payload.code), welcome: undefined, device, wire }
  const welcome = device.adopt(frame.payload)
  return { outcome: welcome.status, welcome, device, wire }
}
