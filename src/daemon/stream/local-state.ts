import { CHAIN_START } from '../spool/chain.ts'
import type { Spool } from '../spool/spool.ts'
import type { State } from '../state/state.ts'
import type { LocalState } from './handshake.ts'

/** What this device knows of its chain, its orders and what the directory acknowledged. */
export function localStateOf(state: State, spool: Spool): LocalState {
  const { head, posture } = spool.chain ?? { head: CHAIN_START, posture: CHAIN_START.hash }
  return { head, posture, order: state.progress.order, acknowledgement: spool.acknowledgement() }
}
