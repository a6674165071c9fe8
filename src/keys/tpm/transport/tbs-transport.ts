import { exclusiveTransport, type TpmChannel } from './exclusive-transport.ts'
import { invalidatesContext, NO_EVENT_LOG, OWNER_AUTHORISATION_NOT_FOUND, responseIn, tbsError } from './tbs-results.ts'
import type { TpmTransport } from './tpm-transport.ts'

/** A context of TPM Base Services. Opaque; its end closes it. */
export type TbsContext = object

/** The functions of `native/windows/addon/keys/tbs.h`. A number that is no count of bytes is a result, and 0 is success. */
export interface TbsAddon {
  tbsOpen(): Promise<TbsContext | number>
  tbsSubmit(context: TbsContext, command: Uint8Array): Promise<Uint8Array | number>
  tbsEventLog(context: TbsContext): Promise<Uint8Array | number>
  tbsOwnerAuthorisation(context: TbsContext, type: number): Promise<Uint8Array | number>
  tbsCancel(context: TbsContext): number
  tbsClose(context: TbsContext): Promise<number>
}

export const TBS_FUNCTIONS: readonly (keyof TbsAddon)[] = [
  'tbsOpen',
  'tbsSubmit',
  'tbsEventLog',
  'tbsOwnerAuthorisation',
  'tbsCancel',
  'tbsClose',
]

const NAME = 'TPM Base Services'
/** TBS_OWNERAUTH_TYPE_STORAGE_20 and TBS_OWNERAUTH_TYPE_ENDORSEMENT_20. */
const OWNER_AUTHORISATION_TYPE = { owner: 13, endorsement: 12 } as const

/**
 * Opens the resource manager of Windows. It gives each context handles and sessions of its own, and flushes them when the context is
 * closed. A context that it no longer knows, as after a restart of the service, is opened again for the next command.
 *
 * @throws `TPM_UNAVAILABLE` when there is no TPM 2.0 or we may not use it; `TPM_BUSY`, `KEY_UNSUPPORTED`.
 */
export async function openTbsTransport(addon: TbsAddon, init?: { responseTimeoutMs?: number }): Promise<TpmTransport> {
  return exclusiveTransport(await openChannel(addon), init)
}

async function openChannel(addon: TbsAddon): Promise<TpmChannel> {
  let context: TbsContext | undefined = await openContext(addon)
  let generation = 1
  const reopen = async () => {
    context = await openContext(addon)
    generation++
    return context
  }
  const drop = async () => {
    const dropped = context
    context = undefined
    if (dropped !== undefined) await addon.tbsClose(dropped)
  }
  /** Undefined for the result that says that there is no such thing. */
  const unlessNone = async (none: number, ask: (current: TbsContext) => Promise<Uint8Array | number>) => {
    const result = await ask(context ?? (await reopen()))
    if (typeof result !== 'number') return result
    if (result === none) return undefined
    if (invalidatesContext(result)) await drop()
    throw tbsError(NAME, result)
  }
  return {
    name: NAME,
    get generation() {
      return generation
    },
    async exchange(command) {
      const result = await addon.tbsSubmit(context ?? (await reopen()), command)
      if (typeof result !== 'number') return result
      const response = responseIn(result)
      if (response !== undefined) return response
      if (invalidatesContext(result)) await drop()
      throw tbsError(NAME, result)
    },
    bootLog: () => unlessNone(NO_EVENT_LOG, (current) => addon.tbsEventLog(current)),
    hierarchyPassword: (hierarchy) =>
      unlessNone(OWNER_AUTHORISATION_NOT_FOUND, (current) =>
        addon.tbsOwnerAuthorisation(current, OWNER_AUTHORISATION_TYPE[hierarchy]),
      ),
    cancel() {
      // The command has ended meanwhile, or it ends by itself within the time of its driver.
      if (context !== undefined) addon.tbsCancel(context)
    },
    close: drop,
  }
}

async function openContext(addon: TbsAddon): Promise<TbsContext> {
  const opened = await addon.tbsOpen()
  if (typeof opened === 'number') throw tbsError(NAME, opened)
  return opened
}
