/**
 * A daemon that does nothing but make evidence, as fast as it can: its state, key, spool, chain and stream are the real
 * ones. Says on standard output what it was promised, in lines of JSON; ends once standard input has ended and all that it
 * made is acknowledged.
 */
import { writeSync } from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { type Log, silentLog } from '../../../src/base/log.ts'
import { runTogether } from '../../../src/base/run-together.ts'
import { enrolmentFile } from '../../../src/daemon/enrolment/enrolment-source.ts'
import type { Claims } from '../../../src/daemon/evidence/batch-content.ts'
import { createChainWriter } from '../../../src/daemon/evidence/chain-writer.ts'
import { createHealth } from '../../../src/daemon/health/health.ts'
import { createDeviceKeys } from '../../../src/daemon/keys/device-keys.ts'
import { CHAIN_START } from '../../../src/daemon/spool/chain.ts'
import { openSpoolFiles } from '../../../src/daemon/spool/open-spool-files.ts'
import { openState } from '../../../src/daemon/state/state.ts'
import { connectWebSocket } from '../../../src/daemon/stream/connection.ts'
import { createStreamClient } from '../../../src/daemon/stream/stream-client.ts'
import { openKeys } from '../../../src/keys/open-keys.ts'
import type { ChildLine } from './child-line.ts'

/** So far it runs ahead of the directory: what waits must drain between two kills. */
const MAX_WAITING = 400

const [stateFolder = ''] = process.argv.slice(2)

/** Resolves when the whole line is written: the reader may be slow, and the pipe full. */
function say(line: ChildLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

const clock = systemClock
const log: Log = {
  ...silentLog,
  warn: (message, fields) => say({ said: 'warning', message, fields }),
  error: (message, fields) => say({ said: 'failure', message, fields }),
}
const health = createHealth({ clock, onChange: () => undefined })
const state = await openState({ clock, log, health }, { stateFolder })
using spool = openSpoolFiles(
  {
    clock,
    onSetAside: (path) => say({ said: 'failure', message: 'spool set aside', fields: { path } }),
    onDropped: (range) => say({ said: 'failure', message: 'evidence dropped', fields: range }),
  },
  { stateFolder, maxBytes: 64 * 1024 * 1024 },
)
if (state.identity === undefined) {
  if (spool.chain === undefined) spool.begin({ device: '', epoch: 0 })
} else if (spool.chain !== undefined) spool.begin(state.identity)

await using keys = createDeviceKeys({
  log,
  health,
  open: (_, options) => openKeys({ clock }, { stateFolder, want: 'software', tpm: {} }, options),
})
const boot = { id: async () => '6b1f0f3e-3a0a-4d3e-9a34-1b1c7c1f8f50', uptimeMs: () => uptime() * 1000 }
const writer = createChainWriter({
  clock,
  spool,
  boot,
  key: async (options) => (await keys.proof(state.identity, options)).key,
})
let moved = Promise.withResolvers<void>()
const wake = () => {
  moved.resolve()
  moved = Promise.withResolvers()
}
const stream = createStreamClient(
  {
    clock,
    log,
    random: () => 0,
    boot,
    state,
    spool,
    connect: connectWebSocket,
    label: async () => ({ hostname: 'laptop', platform: 'linux', arch: 'x64' }),
    enrolment: enrolmentFile({ log }, join(stateFolder, 'enrolment')),
    proof: (identity, options) => keys.proof(identity, options),
    proofToEnrol: (options) => keys.proofToEnrol(options),
    localState: () => {
      const { head, posture } = spool.chain ?? { head: CHAIN_START, posture: CHAIN_START.hash }
      return { head, posture, order: state.progress.order }
    },
    async recordGap(gap, options) {
      say({ said: 'failure', message: 'a gap in an honest chain', fields: { ...gap } })
      return await writer.write({ gap }, options)
    },
    reportAllAgain: () => undefined,
    orders: { welcomed: async () => undefined, received: async () => undefined },
    onAcknowledged({ position }) {
      say({ said: 'acknowledged', ...position })
      wake()
    },
    onResult: () => undefined,
    observer: {
      connecting: () => undefined,
      enrolled: wake,
      welcomed: wake,
      ended: ({ code, message }) => {
        if (code !== 'DIRECTORY_UNREACHABLE') say({ said: 'ended', code: code ?? '', message })
      },
      idle: () => say({ said: 'failure', message: 'nothing to enrol with' }),
    },
  },
  { enrolmentPollMs: 50 },
)

const over = new AbortController()
let asked = false
process.stdin
  .on('end', () => {
    asked = true
    wake()
  })
  .resume()

const waiting = () => {
  const { chain } = spool
  return chain === undefined ? 0 : chain.head.sequence - chain.acknowledged.sequence
}

async function makeEvidence({ signal }: { signal: AbortSignal }): Promise<void> {
  for (let number = 0; !asked; number++) {
    const { chain } = spool
    if (chain === undefined || chain.device === '' || waiting() >= MAX_WAITING) {
      await moved.promise
      continue
    }
    const { sequence, hash } = await writer.write(claimsOf(number), { signal })
    say({ said: 'kept', sequence, hash })
  }
  while (state.identity === undefined || waiting() > 0) await moved.promise
  say({ said: 'drained', sequence: spool.chain?.head.sequence ?? 0 })
  over.abort()
}

function claimsOf(number: number): Claims {
  return { findings: [{ check: 'os.supported', state: number % 2 === 0 ? 'pass' : 'fail', detail: `round ${number}` }] }
}

await runTogether([(options) => stream.run(options), makeEvidence], { signal: over.signal })
