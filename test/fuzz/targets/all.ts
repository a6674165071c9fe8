import type { Target } from '../target.ts'
import { certificateTargets } from './certificates.ts'
import { configurationTargets } from './configuration.ts'
import { discoveryTargets } from './discovery.ts'
import { postureTargets } from './posture.ts'
import { stateTargets } from './state.ts'
import { tpmTargets } from './tpm.ts'
import { wireTargets } from './wire.ts'

/** Every decoder of foreign bytes. */
export const targets: readonly Target[] = [
  ...[...tpmTargets, ...certificateTargets, ...wireTargets, ...configurationTargets],
  ...[...postureTargets, ...discoveryTargets, ...stateTargets],
]
