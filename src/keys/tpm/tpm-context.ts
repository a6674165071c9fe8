import type { KeyBlob, LoadedKey, Options } from './commands.ts'
import type { KeyFile } from './key-file.ts'
import type { LoadedKeys } from './loaded-keys.ts'
import type { TpmClient } from './tpm-client.ts'
import type { TpmTransport } from './transport/tpm-transport.ts'

/** What the parts of the TPM provider share: the TPM, the queue and the key file. */
export interface TpmContext {
  readonly tpm: TpmClient
  readonly loaded: LoadedKeys
  readonly transport: Pick<TpmTransport, 'bootLog'>
  /** Runs one piece of work at a time, and repeats it if the TPM lost its handles. */
  readonly use: <T>(work: (options: Options) => Promise<T>, signal: AbortSignal | undefined) => Promise<T>
  readonly file: () => KeyFile
  /** Loads the attestation key unless it is loaded. */
  readonly attestationKey: (options: Options) => Promise<LoadedKey>
  /** Loads an application key unless it is loaded. */
  readonly applicationKey: (blob: KeyBlob, options: Options) => Promise<LoadedKey>
}
