import type { TamperSign } from '../../protocol/tamper.ts'

export interface TamperStore {
  /** The oldest ones of the device go. */
  add(device: string, sign: TamperSign, at: number): Promise<void>
  /** Newest first. */
  list(device: string): Promise<readonly ReceivedSign[]>
}

export interface ReceivedSign {
  readonly sign: TamperSign
  readonly receivedAt: number
}

/** Devices from which nothing was heard for longer than the policy of each allows. */
export interface SilenceStore {
  /**
   * Active devices that are not connected, not known to be silent, did not say that they are removed, and were not heard since.
   * By id.
   */
  quiet(question: {
    readonly heardBefore: number
    readonly after: string
    readonly limit: number
  }): Promise<readonly QuietDevice[]>
  /** Known to be silent, and heard since, retired, or said to be removed. */
  over(limit: number): Promise<readonly QuietDevice[]>
  put(device: string, silence: { readonly heardAt: number; readonly noticedAt: number }): Promise<void>
  remove(device: string): Promise<void>
}

export interface QuietDevice {
  readonly device: string
  /** When it was heard last, or enrolled. */
  readonly heardAt: number
  /** Of one that is known: when it was heard last before the silence. */
  readonly silentSince?: number | undefined
  readonly status: 'active' | 'retired'
}
