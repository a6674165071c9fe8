import { Link } from 'wouter'
import type { StopDevice, StopDeviceState } from '../../../protocol/nouns/agents/stops.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { countText } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { Frozen, Status } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'

const SHOWN = 50

/** Devices in scope, the ones that did not stop first. */
export function StopDevices({ id }: { readonly id: string }) {
  const answer = useAnswer<{ readonly items: readonly StopDevice[]; readonly next?: string }>(
    `/stops/${id}/devices?limit=${SHOWN}`,
    { everyMs: 5_000 },
  )
  return (
    <Panel title="Devices" aside="unanswered and failed first" place="span-12" flush>
      <Answered answer={answer}>
        {({ items, next }) => (
          <>
            <table className="table table-compact table-cards">
              <thead>
                <tr>
                  <th scope="col">Host</th>
                  <th scope="col">Owner</th>
                  <th scope="col">Answer</th>
                  <th scope="col" className="number">
                    Agents
                  </th>
                  <th scope="col" className="number">
                    Processes
                  </th>
                  <th scope="col">Answered</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.device}>
                    <td data-heading="Host" className="medium">
                      <Link href={`/devices/${one.device}`}>
                        <Said>{one.hostname ?? one.device}</Said>
                      </Link>
                    </td>
                    <td data-heading="Owner">
                      <Said>{one.owner}</Said>
                    </td>
                    <td data-heading="Answer">
                      <DeviceAnswer state={one.state} code={one.code} />
                    </td>
                    <td data-heading="Agents" className="number">
                      {countText(one.agents)}
                    </td>
                    <td data-heading="Processes" className="number">
                      {countText(one.processes)}
                    </td>
                    <td data-heading="Answered">
                      <Ago at={one.answeredAt} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {next === undefined ? null : (
              <p className="panel-foot">
                The first {SHOWN} are shown. <code>surety-directory stops show {id} --devices 500</code> shows more.
              </p>
            )}
          </>
        )}
      </Answered>
    </Panel>
  )
}

function DeviceAnswer({ state, code }: { readonly state: StopDeviceState; readonly code: string | undefined }) {
  switch (state) {
    case 'unreachable':
      return <Status of="not-answered">not connected, not answered</Status>
    case 'waiting':
      return <Status of="not-answered" />
    case 'failed':
      return <Status of="not-compliant">failed{code === undefined ? '' : `: ${code}`}</Status>
    case 'frozen':
      return <Frozen />
    case 'nothing-matched':
      return <Status of="installed">nothing to freeze there</Status>
    case 'released':
      return <Status of="released" />
  }
}
