import { type Bytes, concatBytes } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import { codeOf } from '../../base/errors.ts'
import { sha256 } from '../../crypto/hash.ts'
import { TpmReader, u16, u32 } from '../../crypto/tpm/structures.ts'
import { type Authorisation, emptyPassword, passwordAuthorisation } from './authorisation.ts'
import { RC_SUCCESS, shouldRetry, tpmError } from './response-codes.ts'
import { MAX_RESPONSE_BYTES, type TpmTransport } from './transport/tpm-transport.ts'

/** Command codes (TPM 2.0 part 2, 6.5.2) of all commands that this program sends. */
const COMMAND_CODE = {
  CreatePrimary: 0x131,
  Startup: 0x144,
  ActivateCredential: 0x147,
  Certify: 0x148,
  NV_Read: 0x14e,
  PolicySecret: 0x151,
  Create: 0x153,
  Load: 0x157,
  Quote: 0x158,
  Sign: 0x15d,
  FlushContext: 0x165,
  NV_ReadPublic: 0x169,
  ReadPublic: 0x173,
  StartAuthSession: 0x176,
  GetCapability: 0x17a,
  GetRandom: 0x17b,
  PCR_Read: 0x17e,
} as const

/** An object of the TPM: its handle, and the name that authorisations cover. */
export interface TpmEntity {
  readonly handle: number
  readonly name: Uint8Array
}

/** A hierarchy, NV index, PCR or session. Its name is its handle. */
export function byHandle(handle: number): TpmEntity {
  return { handle, name: u32(handle) }
}

export interface TpmCommand {
  readonly name: keyof typeof COMMAND_CODE
  readonly handles?: readonly TpmEntity[]
  /** One for each of the first handles, in their order. */
  readonly authorisations?: readonly Authorisation[]
  readonly parameters?: Uint8Array
  /** Whether the response begins with a handle. */
  readonly returnsHandle?: boolean
}

interface TpmResponse {
  readonly responseCode: number
  /** 0 if the command returns none. */
  readonly handle: number
  readonly parameters: TpmReader
}

export interface TpmClient {
  /** @throws the error that `tpmError` makes of the response code, `TPM_UNAVAILABLE`, `TPM_STRUCTURE_MALFORMED`. */
  execute(command: TpmCommand, options: { signal: AbortSignal }): Promise<TpmResponse>
  /** Like `execute`, and returns a response with one of the `accepted` codes. */
  attempt(command: TpmCommand, accepted: readonly number[], options: { signal: AbortSignal }): Promise<TpmResponse>
}

/** Those whose password Windows may manage. A wrong one does not count towards a lockout. */
const HIERARCHIES: Readonly<Record<number, 'owner' | 'endorsement'>> = {
  1073741825: 'owner',
  1073741835: 'endorsement',
}

const NO_SESSIONS = 0x8001
const SESSIONS = 0x8002
/** A busy TPM is tried again after 10, 20, 40 … 1,000 ms: about eleven seconds in all. */
const MAX_ATTEMPTS = 16

/** Runs commands over `transport`: framing, authorisations, retries. */
export function tpmClient(components: { transport: TpmTransport; clock: Clock }): TpmClient {
  const { transport, clock } = components
  /** Of hierarchies that refused an empty one. */
  const passwords = new Map<number, Authorisation>()
  /** @returns undefined when the device was busy and may be tried again. */
  const transmit = async (command: TpmCommand, tries: number, signal: AbortSignal) => {
    try {
      return await transport.transmit(marshalCommand(command), { signal })
    } catch (error) {
      if (codeOf(error) !== 'TPM_BUSY' || tries === MAX_ATTEMPTS) throw error
      return undefined
    }
  }
  const withPasswords = (command: TpmCommand): TpmCommand => {
    if (passwords.size === 0 || command.authorisations === undefined) return command
    const authorisations = command.authorisations.map((authorisation, at) =>
      authorisation === emptyPassword
        ? (passwords.get(command.handles?.[at]?.handle ?? 0) ?? authorisation)
        : authorisation,
    )
    return { ...command, authorisations }
  }
  /** @returns whether the system knows a password of a hierarchy that was not tried yet. */
  const learnPasswords = async ({ handles = [] }: TpmCommand) => {
    const before = passwords.size
    for (const { handle } of handles) {
      const hierarchy = HIERARCHIES[handle]
      if (hierarchy === undefined || passwords.has(handle)) continue
      const password = await transport.hierarchyPassword?.(hierarchy)
      if (password !== undefined) passwords.set(handle, passwordAuthorisation(password))
    }
    return passwords.size > before
  }
  const attempt: TpmClient['attempt'] = async (command, accepted, options) => {
    try {
      return await attemptOnce(withPasswords(command), accepted, options)
    } catch (error) {
      if (codeOf(error) !== 'KEY_AUTHORISATION_FAILED' || !(await learnPasswords(command))) throw error
      return await attemptOnce(withPasswords(command), accepted, options)
    }
  }
  const attemptOnce: TpmClient['attempt'] = async (command, accepted, { signal }) => {
    for (let tries = 1; ; tries++) {
      const bytes = await transmit(command, tries, signal)
      if (bytes !== undefined) {
        const response = readResponse(command, bytes)
        if (accepted.includes(response.responseCode)) return response
        if (!shouldRetry(response.responseCode) || tries === MAX_ATTEMPTS) {
          throw tpmError(command.name, response.responseCode)
        }
      }
      await clock.sleep(Math.min(10 * 2 ** (tries - 1), 1_000), { signal })
    }
  }
  return { attempt, execute: (command, options) => attempt(command, [RC_SUCCESS], options) }
}

function marshalCommand(command: TpmCommand): Bytes {
  const { handles = [], authorisations = [], parameters = new Uint8Array() } = command
  const code = u32(COMMAND_CODE[command.name])
  const commandHash = sha256(concatBytes(code, ...handles.map(({ name }) => name), parameters))
  const area = concatBytes(...authorisations.map((authorisation) => authorisation.request(commandHash)))
  const body = concatBytes(
    code,
    ...handles.map(({ handle }) => u32(handle)),
    authorisations.length === 0 ? area : concatBytes(u32(area.length), area),
    parameters,
  )
  return concatBytes(u16(authorisations.length === 0 ? NO_SESSIONS : SESSIONS), u32(body.length + 6), body)
}

function readResponse(command: TpmCommand, bytes: Uint8Array): TpmResponse {
  const reader = new TpmReader(`response of TPM2_${command.name}`, bytes)
  const [tag, size, responseCode] = [reader.u16(), reader.u32(), reader.u32()]
  if (size !== bytes.length || size > MAX_RESPONSE_BYTES)
    reader.refuse(`${bytes.length} bytes with a stated size of ${size}`)
  if (responseCode !== RC_SUCCESS) return { responseCode, handle: 0, parameters: reader }
  const { authorisations = [] } = command
  if (tag !== (authorisations.length === 0 ? NO_SESSIONS : SESSIONS)) reader.refuse('unexpected tag')
  const handle = command.returnsHandle === true ? reader.u32() : 0
  const parameters = authorisations.length === 0 ? reader.rest() : reader.bytes(reader.u32())
  const responseHash = sha256(concatBytes(u32(RC_SUCCESS), u32(COMMAND_CODE[command.name]), parameters))
  for (const authorisation of authorisations) authorisation.confirm(reader, responseHash)
  reader.end()
  return { responseCode, handle, parameters: new TpmReader(`parameters of TPM2_${command.name}`, parameters) }
}
