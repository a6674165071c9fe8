import type { DaemonProgram } from '../../protocol/updates.ts'
import type { Health } from '../health/health.ts'
import type { State } from '../state/state.ts'
import type { Updates, UpdatesComponents } from './updates.ts'

export type OpenUpdates = (
  components: Omit<UpdatesComponents, 'clock' | 'log' | 'restart' | 'hangingMounts'>,
) => Promise<Updates>

interface StartUpdatesComponents extends Pick<UpdatesComponents, 'directoryTime'> {
  readonly health: Health
  readonly state: Pick<State, 'identity'>
  readonly phases: { listen(listener: (reached: { readonly phase: string }) => void): void }
  readonly evidence: { reportProgram(program: DaemonProgram): void }
  /** Absent where newer versions come by packages alone. */
  readonly open: OpenUpdates | undefined
}

/** Opens updates, tells them what the daemon reaches, and has the inventory name the version and their state. */
export async function startUpdates(
  { health, state, phases, evidence, directoryTime, open }: StartUpdatesComponents,
  { version }: { readonly version: string },
): Promise<Updates | undefined> {
  const onChange = () => {
    if (updates === undefined) return evidence.reportProgram({ version, updates: 'mdm' })
    const { checkedAt: _, lastError: __, ...program } = updates.view()
    evidence.reportProgram(program)
  }
  const updates = await open?.({ health, directoryTime, onChange, identity: () => state.identity })
  phases.listen(({ phase }) => {
    if (phase === 'attested' || phase === 'collected') updates?.reached(phase)
  })
  onChange()
  return updates
}
