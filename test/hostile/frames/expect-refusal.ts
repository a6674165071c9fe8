import {
  type BesiegedDirectory,
  type Phase,
  type Scene,
  type SignedAs,
  saidFor,
  signedIn,
} from '../besieged-directory.ts'

/** Sends a dishonest frame in place of an honest one and expects its refusal. */

export type Lie = (scene: Scene) => string | Uint8Array | Promise<string | Uint8Array>

/** Sends one frame, then lets the honest device continue. */
async function sendLie(besieged: BesiegedDirectory, phase: Phase, lie: Lie) {
  const scene = await besieged.stage(phase)
  const frame = await lie(scene)
  const before = besieged.stored(scene.device)
  scene.wire.send(frame)
  const code = await scene.wire.refusal()
  scene.wire.close()
  await scene.wire.closed
  const after = besieged.stored(scene.device)
  return { code, before, after, said: besieged.saidOf(scene.device), others: await besieged.honestGoesOn() }
}

/** The frame is refused with its code, changes nothing stored except a record if the device signed it, and affects no other device. */
export async function expectRefusal(
  besieged: BesiegedDirectory,
  phase: Phase,
  code: string,
  lie: Lie,
  { signed }: { readonly signed: SignedAs } = { signed: undefined },
): Promise<void> {
  const seen = await sendLie(besieged, phase, lie)
  expect(seen).toEqual({ code, before: seen.before, after: seen.before, said: saidFor(code, { signed }), others: true })
}

/** What is signed as evidence or as an attestation, where that belongs, is held against its device. */
export const expectSignedRefusal = (besieged: BesiegedDirectory, phase: Phase, code: string, lie: Lie) =>
  expectRefusal(besieged, phase, code, lie, { signed: signedIn(phase) })

export const PHASES = ['hello', 'enrol', 'attest', 'renew', 'attest again', 'evidence'] as const
export const SIGNED = ['enrol', 'attest', 'attest again', 'evidence'] as const
