import { randomBytes } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { systemClock } from '../base/clock.ts'
import { describeError } from '../base/errors.ts'
import { decider } from '../cedar/decider.ts'
import { type GatePolicy, gatePolicy } from '../gate-policy/decide-action.ts'
import { DEFAULT_GATE_TEXT } from '../gate-policy/default-gate-policy.ts'
import { readGatePolicy } from '../gate-policy/read-gate-policy.ts'
import { parsePasswd } from '../system/files/account-files.ts'
import { trustedFiles } from '../system/files/foreign/linux.ts'
import { loadNativeAddon } from '../system/native/native-addon.ts'
import { readLines } from '../system/socket/lines.ts'
import { linuxPeers } from '../system/socket/peers.ts'
import { type AskingUser, Gate } from './gate.ts'
import { type FromDaemon, type FromGate, fromDaemonReader, MESSAGE_MAX_BYTES } from './gate-messages.ts'
import { serveHooks } from './serve-hooks.ts'

export interface RunGateComponents {
  /** What should not happen: the one question is refused, and the gate runs on. */
  readonly onError: (error: unknown) => void
  /** The daemon at the other end. Its end is the end of the gate. */
  readonly input: Readable
  readonly output: Writable
}

/**
 * Runs until the daemon closes standard input. The first message is the policy: nothing is answered before.
 *
 * @param init.socket where hooks ask.
 * @throws as `listenAt`; `ADDON_UNAVAILABLE`.
 */
export async function runGate(
  { input, output, onError }: RunGateComponents,
  init: { readonly socket: string },
): Promise<void> {
  const send = (message: FromGate) => void output.write(`${JSON.stringify(message)}\n`)
  const peers = linuxPeers(loadNativeAddon())
  let gate: Gate | undefined
  let server: AsyncDisposable | undefined
  try {
    for await (const line of readLines(input, { maxBytes: MESSAGE_MAX_BYTES })) {
      const message = fromDaemonReader.readJson(line)
      if (message.kind === 'policy') {
        const policy = await usable(message, { send, hasOther: gate !== undefined })
        if (policy !== undefined) gate?.setPolicy(policy)
        if (policy === undefined || gate !== undefined) continue
        gate = new Gate({ clock: systemClock, random: randomBytes, decider: decider(), send }, policy)
        server = await serveHooks({ gate, peers, userOf: usersOf(), onError }, init.socket)
        send({ kind: 'serving' })
      } else if (message.kind === 'directory') gate?.setDirectory(message.isConnected ? message.device : undefined)
      else gate?.decided(message.decision)
    }
  } finally {
    await server?.[Symbol.asyncDispose]()
  }
}

/** A policy that is refused leaves the one before in use, or the built-in one. */
async function usable(
  { version, text }: Extract<FromDaemon, { kind: 'policy' }>,
  { send, hasOther }: { readonly send: (message: FromGate) => void; readonly hasOther: boolean },
): Promise<GatePolicy | undefined> {
  try {
    const policy = gatePolicy(await readGatePolicy(text ?? DEFAULT_GATE_TEXT))
    send({ kind: 'policy', version })
    return policy
  } catch (error) {
    send({ kind: 'policy', version, refused: describeError(error).slice(0, 500) })
    return hasOther ? undefined : gatePolicy(await readGatePolicy(DEFAULT_GATE_TEXT))
  }
}

const PASSWD_MAX_BYTES = 1024 * 1024
const KNOWN_FOR_MS = 60_000

function usersOf(): (id: string) => Promise<AskingUser> {
  const files = trustedFiles()
  let known: Promise<ReadonlyMap<string, AskingUser>> | undefined
  let readAt = 0
  const read = async () => {
    const { accounts } = parsePasswd(await files.readText('/etc/passwd', { maxBytes: PASSWD_MAX_BYTES }))
    return new Map(
      accounts.map(({ uid, name, home }): [string, AskingUser] => [String(uid), { id: String(uid), name, home }]),
    )
  }
  return async (id) => {
    if (known === undefined || systemClock.monotonic() - readAt > KNOWN_FOR_MS) {
      known = read().catch(() => new Map<string, AskingUser>())
      readAt = systemClock.monotonic()
    }
    return (await known).get(id) ?? { id, name: id }
  }
}
