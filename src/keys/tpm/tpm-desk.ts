import type { TpmClient } from './client.ts'
import type { KeyBlob, LoadedKey, Options } from './commands.ts'
import type { KeyFile } from './key-file.ts'
import type { LoadedKeys } from './loaded-keys.ts'

/** What the provider's parts share: one TPM, one queue before it, one file beside it. */
export interface TpmDesk {
  readonly tpm: TpmClient
  readonly loaded: LoadedKeys
  /** One piece of work at a time, with the connection made ready and stale handles taken care of. */
  readonly use: <T>(work: (options: Options) => Promise<T>, signal: AbortSignal | undefined) => Promise<T>
  readonly file: () => KeyFile
  /** Loads the attestation key, unless it is loaded. */
  readonly attestationKey: (options: Options) => Promise<LoadedKey>
  /** Loads an application key, unless it is loaded. */
  readonly applicationKey: (blob: KeyBlob, options: Options) => Promise<LoadedKey>
}
