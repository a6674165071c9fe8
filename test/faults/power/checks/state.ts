import { join } from 'node:path'
import { toBase64Url } from '../../../../src/base/bytes.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { createHealth } from '../../../../src/daemon/health/health.ts'
import type { Identity } from '../../../../src/daemon/state/identity.ts'
import { openState } from '../../../../src/daemon/state/state.ts'
import { openKeys } from '../../../../src/keys/open-keys.ts'
import { type Line, lastDone } from '../said.ts'

/** Two folders deep: the daemon makes both. */
export function stateFolderOf(folder: string): string {
  return join(folder, 'lib', 'surety')
}

export async function openStateOf(folder: string) {
  const health = createHealth({ clock: systemClock })
  const state = await openState({ clock: systemClock, log: silentLog, health }, { stateFolder: stateFolderOf(folder) })
  return { state, health }
}

export function identityOf({ epoch, key }: { epoch: number; key: string }): Identity {
  const zeros = 'A'.repeat(43)
  return {
    schema: 'surety/identity@1',
    status: 'enrolled',
    device: `dev_${'A'.repeat(22)}`,
    epoch,
    tier: 'software',
    token: `tok_${'A'.repeat(22)}`,
    pins: { url: 'wss://directory.example:7443', ca: zeros, root: zeros },
    caCertificate: 'PEM'.repeat(500),
    keyKind: 'software',
    key,
    enrolledAt: 0,
  }
}

/** @returns what is wrong with the state folder of a daemon whose power was cut. */
export async function checkState(folder: string, said: readonly Line[]): Promise<string[]> {
  const { state, health } = await openStateOf(folder)
  const wrong = health.warnings().map(({ code }) => `half-written: ${code}`)
  const stateFolder = stateFolderOf(folder)
  const { provider } = await openKeys({ clock: systemClock }, { stateFolder, want: 'software', tpm: {} })
  const key = toBase64Url(sha256((await provider.getOrCreateKey('device')).publicKey))
  await provider[Symbol.asyncDispose]()
  const known = lastDone(said, 'key').done
  if (known !== undefined && known.text !== key) wrong.push('lost: the device key')
  const identity = lastDone(said, 'identity')
  if (!allowed(identity, state.identity?.epoch)) {
    wrong.push(`lost: identity of epoch ${identity.done?.number}, there is ${state.identity?.epoch}`)
  }
  if (state.identity !== undefined && state.identity.key !== key) wrong.push('half-written: identity of another key')
  const progress = lastDone(said, 'progress')
  if (!allowed(progress, state.progress.order === 0 ? undefined : state.progress.order)) {
    wrong.push(`lost: progress ${progress.done?.number}, there is ${state.progress.order}`)
  }
  await state.changeProgress(({ order }) => ({ order: order + 1, open: [] }))
  return wrong
}

function allowed({ done, possible }: ReturnType<typeof lastDone>, number: number | undefined): boolean {
  return number === undefined ? done === undefined : possible.some((line) => line.number === number)
}
