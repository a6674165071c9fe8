import { codeOf } from '../../base/errors.ts'
import type { HmacSession } from './authorisation.ts'
import {
  createPrimary,
  flush,
  HIERARCHY,
  type KeyBlob,
  type LoadedKey,
  load,
  type Options,
  readPublic,
  startHmacSession,
} from './commands.ts'
import type { KeyFile } from './key-file.ts'
import { storageRoot } from './key-templates.ts'
import { listHandles, startup } from './queries.ts'
import type { TpmClient } from './tpm-client.ts'
import type { TpmTransport } from './transport/tpm-transport.ts'

/**
 * The storage root that wraps a key. Attestation keys are in the endorsement hierarchy, because a TPM obfuscates counters and
 * firmware version in attestations by keys of the owner hierarchy (part 1, 36.7). Application keys are in the owner
 * hierarchy, so that clearing the TPM ends them. `persistent` is the owner's root at 0x81000001.
 */
export interface Parent {
  readonly hierarchy: 'owner' | 'endorsement'
  readonly root: KeyFile['root']
}

/**
 * Keys and sessions that stay loaded between uses. A TPM may have room for only three objects, so at most two keys stay
 * loaded and everything else is flushed after use.
 */
export interface LoadedKeys {
  /** Loads a key below `parent` unless it is loaded. @throws what `load` throws. */
  key(blob: KeyBlob, parent: Parent, options: Options): Promise<LoadedKey>
  /** The HMAC session for the first or second authorisation of a command. */
  session(at: 0 | 1, options: Options): Promise<HmacSession>
  /** Runs `work` with the parent loaded, and flushes it afterwards. */
  withParent<T>(parent: Parent, work: (parent: LoadedKey) => Promise<T>, options: Options): Promise<T>
  /** Runs `work`, and runs it again if the TPM lost its objects (reset, hibernation, new connection). */
  recovering<T>(work: () => Promise<T>, options: Options): Promise<T>
  flushAll(options: Options): Promise<void>
}

const MAX_KEYS = 2
const PERSISTENT_STORAGE_ROOT = 0x81000001
/** Transient objects, HMAC sessions, policy sessions. */
const VOLATILE = [0x80000000, 0x02000000, 0x03000000]

export function loadedKeys(components: { tpm: TpmClient; transport: TpmTransport }): LoadedKeys {
  const { tpm, transport } = components
  const keys = new Map<string, LoadedKey>()
  const sessions = new Map<0 | 1, HmacSession>()
  let generation: number | undefined

  const forget = () => {
    keys.clear()
    sessions.clear()
  }
  const enter = async (options: Options) => {
    // A process that died may have left our objects in a simulator, and no resource manager flushes them.
    if (transport.kind === 'simulator' && generation !== transport.generation) {
      forget()
      await startup(tpm, options)
      for (const first of VOLATILE) {
        for (const handle of await listHandles(tpm, first, options)) await flush(tpm, handle, options)
      }
    }
    generation = transport.generation
  }
  const withParent: LoadedKeys['withParent'] = async (parent, work, options) => {
    if (parent.root === 'persistent') return await work(await readPublic(tpm, PERSISTENT_STORAGE_ROOT, options))
    const root = await createPrimary(tpm, HIERARCHY[parent.hierarchy], storageRoot, options)
    try {
      return await work(root)
    } finally {
      await flush(tpm, root.handle, options)
    }
  }
  const makeRoom = async (options: Options) => {
    for (const [name, key] of keys) {
      if (keys.size < MAX_KEYS) return
      keys.delete(name)
      await flush(tpm, key.handle, options)
    }
  }
  return {
    withParent,
    async key(blob, parent, options) {
      const name = blob.publicArea.join()
      const known = keys.get(name)
      // Removed and added again, so that the first entry is the least recently used.
      keys.delete(name)
      if (known === undefined) await makeRoom(options)
      const key = known ?? (await withParent(parent, (root) => load(tpm, root, blob, options), options))
      keys.set(name, key)
      return key
    },
    async session(at, options) {
      const session = sessions.get(at) ?? (await startHmacSession(tpm, options))
      sessions.set(at, session)
      return session
    },
    async recovering(work, options) {
      await enter(options)
      try {
        return await work()
      } catch (error) {
        if (codeOf(error) !== 'KEY_NOT_FOUND' && transport.generation === generation) throw error
        forget()
        generation = undefined
        await enter(options)
        return await work()
      }
    },
    async flushAll(options) {
      const handles = [...keys.values(), ...sessions.values()].map(({ handle }) => handle)
      forget()
      for (const handle of handles) await flush(tpm, handle, options)
    },
  }
}
