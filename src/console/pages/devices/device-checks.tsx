import { useState } from 'react'
import { cardOf } from '../../../checks/checks.ts'
import type { FindingState } from '../../../protocol/finding.ts'
import type { Device, DeviceFinding } from '../../../protocol/nouns/devices/devices.ts'
import { checkHeadline } from '../../data/check-titles.ts'
import { countText } from '../../data/words.ts'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Proof, Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

const ORDER: readonly FindingState[] = ['fail', 'unknown', 'pass', 'not-applicable']

/** What is proven, then each check with its reason. Findings are reported: the device says so, and signed it. */
export function DeviceChecks({ device }: { readonly device: Device }) {
  const [onlyOpen, setOnlyOpen] = useState(true)
  const { findings, result } = device
  const open = findings.filter(({ state }) => state === 'fail' || state === 'unknown')
  const shown = (onlyOpen && open.length > 0 ? open : findings).toSorted(
    (one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state),
  )
  return (
    <Panel
      title="Checks"
      place="span-7"
      flush
      more={
        open.length === 0 ? undefined : (
          <span className="segments">
            <button type="button" aria-pressed={onlyOpen} onClick={() => setOnlyOpen(true)}>
              To do {countText(open.length)}
            </button>
            <button type="button" aria-pressed={!onlyOpen} onClick={() => setOnlyOpen(false)}>
              All {countText(findings.length)}
            </button>
          </span>
        )
      }
    >
      <table className="table table-cards">
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">Since</th>
            <th scope="col">How known</th>
          </tr>
        </thead>
        <tbody>
          {result?.proven.map((what) => (
            <tr key={what}>
              <td data-heading="Check">
                <Status of="compliant">
                  <Said>{what}</Said>
                </Status>
              </td>
              <td data-heading="Since">
                <Ago at={result.attestedAt} />
              </td>
              <td data-heading="How known">
                <Proof of="proven" />
              </td>
            </tr>
          ))}
          {shown.map((finding) => (
            <Check key={finding.check} finding={finding} advisory={isAdvisory(device, finding.check)} />
          ))}
        </tbody>
      </table>
    </Panel>
  )
}

function Check({ finding, advisory }: { readonly finding: DeviceFinding; readonly advisory: boolean }) {
  const { check, state, explanation, since } = finding
  return (
    <tr>
      <td data-heading="Check">
        <div className="stack">
          <span className="row">
            <FindingStatus state={state}>
              <span className="medium">{checkHeadline(check, state)}</span>
            </FindingStatus>
            {advisory ? <span className="faint small">advisory</span> : null}
          </span>
          <span className="small muted">
            <Said>{explanation}</Said>
          </span>
          {state === 'fail' ? <HowToPass check={check} /> : null}
        </div>
      </td>
      <td data-heading="Since" className="one-line">
        <Ago at={since} />
      </td>
      <td data-heading="How known">
        <Proof of="reported" />
      </td>
    </tr>
  )
}

/** Only a failure has steps: those for a disk that could not be read would wipe one that is encrypted. */
function HowToPass({ check }: { readonly check: string }) {
  const card = cardOf(check)
  if (card === undefined) return null
  const { english, minutes } = card
  return (
    <details className="small">
      <summary className="link">How to fix it, about {minutes} min</summary>
      <p className="muted">{english.why}</p>
      <ol className="stack numbered">
        {english.steps.any.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </details>
  )
}

function FindingStatus({ state, children }: { readonly state: FindingState; readonly children: React.ReactNode }) {
  switch (state) {
    case 'pass':
      return <Status of="compliant">{children}</Status>
    case 'fail':
      return <Status of="not-compliant">{children}</Status>
    case 'unknown':
      return <Status of="could-not-check">{children}</Status>
    case 'not-applicable':
      return <Status of="installed">{children}</Status>
  }
}

function isAdvisory({ result }: Device, check: string): boolean {
  return result?.reasons.find((reason) => reason.check === check)?.advisory === true
}
