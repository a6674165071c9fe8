import type { Authority, Summary } from '../../../protocol/nouns/directory/directory.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered } from '../../parts/answered.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Panel } from '../../parts/panel.tsx'

/** What runs here, and the keys that devices trust it by. */
export function About({ mayView }: { readonly mayView: boolean }) {
  return (
    <Panel title="About this directory" place="span-6">
      <div className="stack-4">
        {mayView ? <Identity /> : null}
        <ul className="stack-2">
          <li>
            <a className="link" href="/docs">
              The API, as a page
            </a>{' '}
            <span className="muted">
              and as{' '}
              <a className="link" href="/api/v1/openapi.json">
                OpenAPI
              </a>
            </span>
          </li>
          <li>
            <a className="link" href="/licences.txt">
              Licences
            </a>{' '}
            <span className="muted">of Surety (Apache-2.0) and of what this page is made of</span>
          </li>
        </ul>
        <p className="small muted">The page loads nothing from elsewhere, and tells nobody what you do here.</p>
      </div>
    </Panel>
  )
}

function Identity() {
  const { data: summary } = useAnswer<Summary>('/summary')
  const authority = useAnswer<Authority>('/authority')
  return (
    <Answered answer={authority}>
      {({ pins }) => (
        <>
          <dl className="facts">
            <Fact name="Version">{summary?.version}</Fact>
            <Fact name="Pin of the CA">
              <code>{pins.ca}</code>
            </Fact>
            <Fact name="Pin of the root">
              <code>{pins.root}</code>
            </Fact>
          </dl>
          <p className="small muted">
            Pins are SHA-256 of public keys. Enrolment strings carry them, so that a device knows this directory.
          </p>
        </>
      )}
    </Answered>
  )
}
