import type { SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import { Said } from '../parts/said.tsx'
import { Proof } from '../parts/status.tsx'
import { Ago } from '../parts/time.tsx'

/** How the device recognised it: signals that add up for a program of no catalogue, or else what the catalogue names. */
export function SeenWhy({ agent: { signals = [], score, evidence, lastSeenAt } }: { readonly agent: SeenAgentView }) {
  return (
    <section className="stack-2" aria-labelledby="why">
      <div className="row">
        <h2 id="why">Why this is an agent</h2>
        {score === undefined ? null : (
          <span className="to-end small muted">
            score <strong>{score}</strong>
          </span>
        )}
      </div>
      <ol className="signals">
        {signals.map(({ name, weight, detail }) => (
          <li key={`${name} ${detail}`}>
            <span className="signal-weight">+{weight}</span>
            <span>
              <Said>{detail}</Said>
            </span>
            <span className="faint small">{name.replaceAll('-', ' ')}</span>
          </li>
        ))}
        {evidence.map((line) => (
          <li key={line}>
            <span className="signal-weight" />
            <span className="grow">
              <Said>{line}</Said>
            </span>
          </li>
        ))}
      </ol>
      <p className="small muted">
        <Proof of="reported" /> by the device, in signed evidence, <Ago at={lastSeenAt} />
      </p>
    </section>
  )
}
