import type { Target } from '../target.ts'
import { certificateTargets } from './certificates.ts'
import { configurationTargets } from './configuration.ts'
import { discoveryTargets } from './discovery.ts'
import { databaseTargets } from './homes/databases.ts'
import { editorTargets, sealedTargets } from './homes/editors.ts'
import { hookTargets } from './hooks.ts'
import { darwinTargets } from './machine/darwin.ts'
import { desktopTargets } from './machine/desktop.ts'
import { postureTargets } from './machine/posture.ts'
import { tpmTargets } from './machine/tpm.ts'
import { recordTargets } from './record.ts'
import { scimTargets } from './scim.ts'
import { stateTargets } from './state.ts'
import { wireTargets } from './wire.ts'

const SIGNED = ['jws', 'orders', 'enrolment-string', 'evidence']
const isSigned = ({ name }: Target) => SIGNED.includes(name)

/** The kinds of foreign bytes, each of which is fuzzed for 20 seconds in every run of the tests. */
export const KINDS = {
  'tpm-structures': tpmTargets,
  certificates: certificateTargets,
  signatures: wireTargets.filter(isSigned),
  frames: [
    ...wireTargets.filter((target) => !isSigned(target)),
    ...recordTargets,
    ...scimTargets,
    ...desktopTargets,
    ...hookTargets,
  ],
  manifests: [...discoveryTargets, ...editorTargets, ...databaseTargets],
  configuration: [...configurationTargets, ...stateTargets, ...sealedTargets],
  posture: [...postureTargets, ...darwinTargets],
} as const satisfies Readonly<Record<string, readonly Target[]>>

/** Every decoder of foreign bytes. */
export const targets: readonly Target[] = Object.values(KINDS).flat()
