import { equalBytes, utf8 } from '../base/bytes.ts'
import { codeOf, describeError } from '../base/errors.ts'
import type { HookClient } from '../protocol/gate/hook-clients.ts'
import type { ClientFile, HookSettings } from './clients/client-file.ts'
import { placeState, renderFor } from './file-state.ts'
import { KeptFiles } from './kept-files.ts'
import { readTrustedPlace, type TrustedPlace } from './trusted-place.ts'

/** `unknown`: it could not be read. */
export const HOOK_STATE_WORDS = {
  installed: 'installed',
  'not-installed': 'not installed',
  altered: 'ALTERED',
  unknown: 'could not check',
  'not-supported': 'not supported',
} as const

/** The hook of one client on this device. */
export interface HookState {
  readonly client: HookClient
  readonly state: keyof typeof HOOK_STATE_WORDS
  readonly file?: string
  /** Why it is unknown or not supported. */
  readonly reason?: string
}

/** Never throws for one file: what cannot be read is `unknown`. */
export async function hookStateOf(
  file: ClientFile,
  { root, settings }: { readonly root: string; readonly settings: HookSettings },
): Promise<HookState> {
  const { client } = file
  try {
    const kept = await new KeptFiles(root).read(client)
    const place = await readTrustedPlace(root, file.places.linux)
    const state = placeState(place, kept)
    if (state === 'changed') return { client, state: 'altered', file: place.path }
    if (state === 'written' || (kept === undefined && (await hasHook(file, place, settings)))) {
      return { client, state: 'installed', file: place.path }
    }
    // A file under our name that this version does not write.
    const isForeign = kept === undefined && file.isOwn && place.bytes !== undefined
    return { client, state: isForeign ? 'altered' : 'not-installed', file: place.path }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return { client, state: 'unknown', file: file.places.linux, reason: describeError(error) }
  }
}

/** A device management may have put the file there. */
async function hasHook(file: ClientFile, place: TrustedPlace, settings: HookSettings): Promise<boolean> {
  const { bytes } = place
  if (bytes === undefined) return false
  for (const onlyManaged of [false, true]) {
    if (equalBytes(utf8(await renderFor(file, place, { ...settings, onlyManaged })), bytes)) return true
  }
  return false
}
