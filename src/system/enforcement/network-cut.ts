import { setImmediate as breathe } from 'node:timers/promises'
import { describeError, SuretyError } from '../../base/errors.ts'
import { loadAddon } from '../native/native-addon.ts'
import type { CommandRunner } from '../program/command-runner.ts'

/**
 * Cuts stopped processes from the network and leaves their sockets open. A bit in the mark of each socket tells their packets from
 * others, and a table of our own drops these. Frozen processes open no more sockets. A rule by cgroup would not do: a socket keeps
 * the cgroup of the moment in which it was made.
 */
export interface NetworkCut {
  /**
   * Cuts these too; may be called again for the same.
   *
   * @returns `open` with the reason when any of their sockets goes on: no nftables, another network namespace.
   */
  cut(processes: Iterable<CutProcess>): Promise<CutResult>
  /** Gives these their network back. Processes that have ended are left out. */
  restore(processes: Iterable<CutProcess>): Promise<void>
  /** Removes the table: no process is cut any more. Resolves where there is no table and no nftables either. */
  remove(): Promise<void>
}

export interface CutProcess {
  readonly pid: number
  readonly startTicks: number
}

export type CutResult =
  | { readonly network: 'cut'; readonly sockets: number }
  | { readonly network: 'open'; readonly reason: string }

/** In `native/linux/socket-marks.c`. */
interface SocketMarks {
  markSockets(pid: number, startTicks: number, bit: number, set: boolean, from: number, counts: Int32Array): number
}

/** Free in the marks of Kubernetes, Tailscale, Mullvad and WireGuard. */
const BIT = 0x1000_0000
const TIMEOUT_MS = 5_000
/** Before all others: what changes the mark of a packet comes later. */
const PRIORITY = -350

/** One transaction. Deleting what may not be there needs the `add` before. */
const INSTALL = [
  'add table inet surety',
  'delete table inet surety',
  'add table inet surety { comment "suretyd: network of stopped agents"; }',
  `add chain inet surety output { type filter hook output priority ${PRIORITY}; policy accept; }`,
  `add chain inet surety input { type filter hook input priority ${PRIORITY}; policy accept; }`,
  `add rule inet surety output meta mark & ${BIT} == ${BIT} drop`,
  `add rule inet surety input socket mark & ${BIT} == ${BIT} drop`,
].join('; ')
const REMOVE = 'add table inet surety; delete table inet surety'
const IS_THERE = 'list table inet surety'

export function networkCut(components: { readonly commands: CommandRunner }): NetworkCut {
  const nft = async (line: string): Promise<void> => {
    const { exitCode, stderr } = await components.commands.run('nft', [line], { timeoutMs: TIMEOUT_MS })
    if (exitCode !== 0) throw new SuretyError('COMMAND_FAILED', `nft: ${firstLine(stderr)}`)
  }
  const isThere = () =>
    nft(IS_THERE).then(
      () => true,
      () => false,
    )
  return {
    async cut(processes) {
      let counts: Counts
      try {
        // Before the marks: a mark without the table would cut nothing and be counted.
        if (!(await isThere())) await nft(INSTALL)
        counts = await markAll(processes, true)
      } catch (error) {
        return { network: 'open', reason: describeError(error) }
      }
      const { marked, refused, elsewhere } = counts
      if (refused > 0)
        return { network: 'open', reason: `the kernel refused ${refused} of ${refused + marked} sockets` }
      if (elsewhere > 0) return { network: 'open', reason: `${elsewhere} sockets are in another network namespace` }
      return { network: 'cut', sockets: marked }
    },
    async restore(processes) {
      await markAll(processes, false)
    },
    async remove() {
      try {
        if (await isThere()) await nft(REMOVE)
      } catch (error) {
        if (error instanceof SuretyError && error.code === 'COMMAND_ABSENT') return
        throw error
      }
    },
  }
}

interface Counts {
  readonly marked: number
  readonly refused: number
  readonly elsewhere: number
}

/** @throws `ADDON_UNAVAILABLE`. */
async function markAll(processes: Iterable<CutProcess>, set: boolean): Promise<Counts> {
  const { markSockets } = loadAddon<SocketMarks>(['markSockets'])
  const counts = new Int32Array(3)
  for (const { pid, startTicks } of processes) {
    for (let from = 0; from >= 0; ) {
      from = markSockets(pid, startTicks, BIT, set, from, counts)
      // Anyone may have very many descriptors.
      if (from > 0) await breathe()
    }
  }
  const [marked = 0, refused = 0, elsewhere = 0] = counts
  return { marked, refused, elsewhere }
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0]?.slice(0, 200) || 'it says no reason'
}
