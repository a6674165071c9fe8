import {
  type BesiegedDirectory,
  type Phase,
  type Scene,
  type SignedAs,
  saidFor,
  signedIn,
} from './besieged-directory.ts'

/** Lies that are told in the place of an honest frame, and what becomes of them. */

export type Lie = (scene: Scene) => string | Uint8Array | Promise<string | Uint8Array>

/** One frame is told, and then the honest device goes on. */
async function tell(besieged: BesiegedDirectory, phase: Phase, lie: Lie) {
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

/** It is refused with its code, leaves nothing behind but a word about a liar who signed it, and is nobody else's trouble. */
export async function expectRefusal(
  besieged: BesiegedDirectory,
  phase: Phase,
  code: string,
  lie: Lie,
  { signed }: { readonly signed: SignedAs } = { signed: undefined },
): Promise<void> {
  const told = await tell(besieged, phase, lie)
  expect(told).toEqual({ code, before: told.before, after: told.before, said: saidFor(code, { signed }), others: true })
}

/** What is signed as evidence or as an attestation, where that belongs, is held against its device. */
export const expectSignedRefusal = (besieged: BesiegedDirectory, phase: Phase, code: string, lie: Lie) =>
  expectRefusal(besieged, phase, code, lie, { signed: signedIn(phase) })

export const PHASES = ['hello', 'enrol', 'attest', 'renew', 'evidence'] as const
