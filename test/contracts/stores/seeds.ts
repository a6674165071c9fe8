import type { Device } from '../../../src/directory/devices/device.ts'
import type { Token } from '../../../src/directory/enrolment/token-store.ts'
import type { ReEnrolment } from '../../../src/directory/re-enrolments/re-enrolment-store.ts'
import type { DirectoryStore } from '../../../src/directory/store/directory-store.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'

export function idOf(
  kind: 'dev' | 'tok' | 'ord' | 'ren' | 'stop' | 'pre' | 'hum' | 'grp' | 'sac' | 'agt' | 'clm' | 'sga' | 'act' | 'apr',
  number: number,
): string {
  return `${kind}_${String(number).padStart(21, '0')}A`
}

export const DEVICE = idOf('dev', 1)
export const OTHER_DEVICE = idOf('dev', 2)
export const LABEL = { hostname: 'laptop', platform: 'linux', arch: 'x64' } as const

export function token(changes: Partial<Token> = {}): Token {
  return {
    id: idOf('tok', 1),
    secretHash: 'hash',
    owner: 'ada',
    minimumTier: 'software',
    createdAt: 1,
    expiresAt: 100,
    uses: 1,
    used: 0,
    ...changes,
  }
}

export function device(changes: Partial<Device> = {}): Device {
  const { id = DEVICE } = changes
  return {
    id,
    epoch: 1,
    status: 'active',
    owner: 'ada',
    token: idOf('tok', 1),
    tier: 'software',
    label: LABEL,
    notes: [],
    applicationKey: `key of ${id}`,
    enrolledAt: 2,
    sequence: 0,
    head: ZEROS,
    lastOrder: 0,
    ...changes,
  }
}

export function reEnrolment(changes: Partial<ReEnrolment> = {}): ReEnrolment {
  return {
    id: idOf('ren', 1),
    device: DEVICE,
    epoch: 2,
    state: 'pending',
    owner: 'bob',
    token: idOf('tok', 1),
    tier: 'software',
    applicationKey: 'key of epoch 2',
    label: LABEL,
    notes: [],
    createdAt: 5,
    ...changes,
  }
}

/** Stores a token and devices that enrolled with it. */
export async function seed(store: DirectoryStore, ...devices: readonly Partial<Device>[]): Promise<void> {
  await store.tokens.put(token({ uses: 9 }))
  for (const changes of devices.length === 0 ? [{}] : devices) await store.devices.put(device(changes))
}
