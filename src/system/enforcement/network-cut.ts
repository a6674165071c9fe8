import { setImmediate as breathe } from 'node:timers/promises'
import { describeError, SuretyError } from '../../base/errors.ts'
import { loadAddon } from '../native/native-addon.ts'

/**
 * Cuts stopped processes from the network and leaves their sockets open. A bit in the mark of each socket tells their packets from
 * others, and a table of our own drops these. Frozen processes open no more sockets. A rule by cgroup would not do: a socket keeps
 * the cgroup of the moment in which it was made.
 */
export interface NetworkCut {
  /**
   * Cuts these too; may be called again for the same.
   *
   * @returns `open` with the reason when any of their sockets still works: no packet filter, another network namespace.
   */
  cut(processes: Iterable<CutProcess>): Promise<CutResult>
  /** Gives these their network back. Processes that have ended are left out. */
  restore(processes: Iterable<CutProcess>): Promise<void>
  /** Removes the table, if it is there: no process is cut any more. @throws `NOT_SUPPORTED` when the kernel refuses. */
  remove(): Promise<void>
}

export interface CutProcess {
  readonly pid: number
  readonly startTicks: number
}

export type CutResult =
  | { readonly network: 'cut'; readonly sockets: number }
  | { readonly network: 'open'; readonly reason: string }

/** In `native/linux/addon/enforcement/socket-marks.c` and `native/linux/addon/enforcement/packet-rules.c`. */
interface NetworkAddon {
  packetRules(bit: number): void
  markSockets(pid: number, startTicks: number, bit: number, set: boolean, from: number, counts: Int32Array): number
}

/** Free in the marks of Kubernetes, Tailscale, Mullvad and WireGuard. */
const BIT = 0x1000_0000

/** @throws `ADDON_UNAVAILABLE`. */
export function networkCut(): NetworkCut {
  const addon = loadAddon<NetworkAddon>(['markSockets', 'packetRules'])
  return {
    async cut(processes) {
      let counts: Counts
      try {
        // Before the marks: a mark without the table would cut nothing and be counted.
        addon.packetRules(BIT)
        counts = await markAll(addon, processes, true)
      } catch (error) {
        return { network: 'open', reason: `the kernel refused: ${describeError(error)}` }
      }
      const { marked, refused, elsewhere } = counts
      if (refused > 0)
        return { network: 'open', reason: `the kernel refused ${refused} of ${refused + marked} sockets` }
      if (elsewhere > 0) return { network: 'open', reason: `${elsewhere} sockets are in another network namespace` }
      return { network: 'cut', sockets: marked }
    },
    async restore(processes) {
      await markAll(addon, processes, false)
    },
    async remove() {
      try {
        addon.packetRules(0)
      } catch (cause) {
        throw new SuretyError('NOT_SUPPORTED', 'the packet filter keeps our table', { cause })
      }
    },
  }
}

interface Counts {
  readonly marked: number
  readonly refused: number
  readonly elsewhere: number
}

async function markAll({ markSockets }: NetworkAddon, processes: Iterable<CutProcess>, set: boolean): Promise<Counts> {
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
