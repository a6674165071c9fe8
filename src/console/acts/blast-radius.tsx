import type { StopImpact } from '../../protocol/nouns/agents/stops.ts'
import { counted, countText } from '../data/words.ts'
import { Said } from '../parts/said.tsx'

/** Rows that a person reads before they act. The counts are of all. */
const SHOWN = 8

/** What would stop, as the server counts it. */
export function BlastRadius({ impact }: { readonly impact: StopImpact }) {
  const { agents, processes, affectedDevices, devices, ownerCount, running } = impact
  return (
    <section className="stack-2" aria-label="What would stop" aria-live="polite">
      <div className="blast">
        <Figure count={agents} word="agents" />
        <Figure count={affectedDevices} word={`of ${counted(devices, 'device')}`} />
        <Figure count={ownerCount} word="owners" />
        <Figure count={processes} word="processes" />
      </div>
      {running.length === 0 ? null : (
        <ul className="stack small">
          {running.slice(0, SHOWN).map((one) => (
            <li key={`${one.device} ${one.agent} ${one.pids[0]}`}>
              <Said>{one.name}</Said> on <Said>{one.hostname ?? one.device}</Said>
              <span className="muted">
                {one.user === undefined ? null : (
                  <>
                    {' '}
                    · <Said>{one.user}</Said>
                  </>
                )}
                {one.workspace === undefined ? null : (
                  <>
                    {' '}
                    · <Said>{one.workspace}</Said>
                  </>
                )}
                {one.connected ? '' : ' · not connected: it freezes when it connects'}
              </span>
            </li>
          ))}
          {agents > SHOWN ? <li className="muted">and {countText(agents - SHOWN)} more</li> : null}
        </ul>
      )}
    </section>
  )
}

function Figure({ count, word }: { readonly count: number; readonly word: string }) {
  return (
    <div>
      <span className="figure ice">{countText(count)}</span>
      <div className="small muted">{word}</div>
    </div>
  )
}
