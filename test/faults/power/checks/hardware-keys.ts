import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { toBase64Url } from '../../../../src/base/bytes.ts'
import { systemClock } from '../../../../src/base/clock.ts'
import { codeOf } from '../../../../src/base/errors.ts'
import { sha256 } from '../../../../src/crypto/hash.ts'
import { type OpenKeysInit, openKeys } from '../../../../src/keys/open-keys.ts'
import type { KeyProvider } from '../../../../src/keys/provider/key-provider.ts'
import { keyFilePath } from '../../../../src/keys/tpm/key-file.ts'
import type { Story } from '../cut-story.ts'
import type { Line } from '../said.ts'
import { stateFolderOf } from './state.ts'

/** One piece of it, which no power cut harms. */
export type Hardware = Pick<OpenKeysInit, 'want' | 'tpm' | 'pkcs11'>

export async function openHardwareKeys(
  hardware: Hardware,
  init: { readonly stateFolder: string; readonly renew?: boolean },
): Promise<KeyProvider> {
  return (await openKeys({ clock: systemClock }, { ...hardware, ...init })).provider
}

/** @param hardware.second another TPM, whose keys take the place of those of the first. */
export function hardwareKeysStory(
  hardware: { readonly first: Hardware; readonly second?: Hardware },
  environment: Readonly<Record<string, string>> = {},
): Story {
  const workload = {
    name: 'hardware-keys',
    variant: hardware.first.want,
    environment: { ...environment, HARDWARE: JSON.stringify(hardware) },
  }
  return { workload, check: (folder, said) => checkHardwareKeys(stateFolderOf(folder), said, hardware) }
}

/** @returns what is wrong with the keys of a daemon whose power was cut. */
async function checkHardwareKeys(
  stateFolder: string,
  said: readonly Line[],
  { first, second }: { readonly first: Hardware; readonly second?: Hardware },
): Promise<string[]> {
  const opened = await keysOf(first, stateFolder)
  if (opened !== 'TPM_IDENTITY_LOST') return differences(opened, said, 'first')
  if (second === undefined || !said.some(({ what }) => what === 'renew')) return ['lost: the keys of the first']
  const ofSecond = await keysOf(second, stateFolder)
  if (ofSecond === 'TPM_IDENTITY_LOST') return ['lost: the keys of both']
  return [...differences(ofSecond, said, 'second'), ...(await keptProblems(first, stateFolder, said))]
}

/** What was put aside is worth as much as it was. */
async function keptProblems(first: Hardware, stateFolder: string, said: readonly Line[]): Promise<string[]> {
  const kept = `${keyFilePath(stateFolder)}.lost`
  if (!existsSync(kept)) return ['lost: the keys that were put aside']
  const again = join(stateFolder, 'again')
  mkdirSync(again, { mode: 0o700 })
  copyFileSync(kept, keyFilePath(again))
  const opened = await keysOf(first, again)
  if (opened === 'TPM_IDENTITY_LOST') return ['half-written: the keys that were put aside']
  return differences(opened, said, 'first')
}

type Keys = ReadonlyMap<string, string>

async function keysOf(hardware: Hardware, stateFolder: string): Promise<Keys | 'TPM_IDENTITY_LOST'> {
  try {
    await using provider = await openHardwareKeys(hardware, { stateFolder })
    const keys = new Map<string, string>()
    for (const label of ['device', 'other']) {
      const { publicKey, sign } = await provider.getOrCreateKey(label)
      await sign(new Uint8Array(1))
      keys.set(label, toBase64Url(sha256(publicKey)))
    }
    return keys
  } catch (error) {
    if (codeOf(error) === 'TPM_IDENTITY_LOST') return 'TPM_IDENTITY_LOST'
    throw error
  }
}

function differences(keys: Keys, said: readonly Line[], name: string): string[] {
  return [...keys].flatMap(([label, key]) => {
    const what = `${label} of the ${name}`
    const told = said.find((line) => line.what === what)
    return told === undefined || told.text === key ? [] : [`lost: the key ${what}`]
  })
}
