import { useState } from 'react'
import { useParams } from 'wouter'
import type { Device as DeviceView } from '../../../protocol/nouns/devices/devices.ts'
import { FreezeDialog } from '../../acts/freeze-dialog.tsx'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { useMay } from '../../data/session.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, isProvenKey } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { PageTitle, Said } from '../../parts/said.tsx'
import { Frozen, Proof, VerdictPill } from '../../parts/status.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { DeviceAgents } from './device-agents.tsx'
import { DeviceChecks } from './device-checks.tsx'
import { DeviceFacts } from './device-facts.tsx'
import { DeviceTimeline } from './device-timeline.tsx'
import { VerdictReasons } from './verdict-reasons.tsx'

/** One device: whether it is healthy, why not, what is proven, and which agents are there. */
export function Device() {
  const { id = '' } = useParams()
  const answer = useAnswer<DeviceView>(`/devices/${encodeURIComponent(id)}`, { everyMs: 15_000 })
  return (
    <div className="page">
      <Answered answer={answer}>{(device) => <Shown device={device} />}</Answered>
    </div>
  )
}

function Shown({ device }: { readonly device: DeviceView }) {
  const { id, label, inventory, owner, tier, result, presence, lastSeenAt, frozenAgents, retired } = device
  const name = inventory?.hostname ?? label?.hostname ?? id
  return (
    <>
      <header className="page-head">
        <PageTitle>{name}</PageTitle>
        <VerdictPill verdict={result?.verdict ?? 'unknown'} />
        {frozenAgents === undefined ? null : <Frozen>{counted(frozenAgents, 'agent')}</Frozen>}
        <span className="muted">
          <Said>{owner}</Said> ·{' '}
          <Said>{inventory === undefined ? undefined : `${inventory.osName} ${inventory.osVersion}`}</Said>
        </span>
        <Proof of={isProvenKey(tier) ? 'proven' : 'reported'}>{tier}</Proof>
        <div className="page-acts">
          <span className={`live ${presence === 'connected' ? 'live-now' : ''}`}>
            {presence === 'connected' ? 'Connected' : 'Not connected'}, reported <Ago at={lastSeenAt} />
          </span>
          <Acts device={device} name={name} />
        </div>
      </header>
      {retired === undefined ? null : (
        <p className="note">
          <Icon name="released" />
          <span>
            Retired <Ago at={retired.at} />: <Said>{retired.reason}</Said>
          </span>
        </p>
      )}
      <VerdictReasons device={device} />
      <DeviceTimeline device={device} />
      <div className="columns">
        <DeviceChecks device={device} />
        <div className="span-5 stack-4">
          <DeviceAgents id={id} />
          <Panel title="About this device">
            <DeviceFacts device={device} />
          </Panel>
        </div>
      </div>
    </>
  )
}

function Acts({ device: { id, status }, name }: { readonly device: DeviceView; readonly name: string }) {
  const mayStop = useMay('stop')
  const mayOperate = useMay('operate')
  const [open, setOpen] = useState<'freeze' | 'retire'>()
  const close = () => setOpen(undefined)
  if (status === 'retired') return null
  return (
    <>
      {mayStop ? (
        <button type="button" className="button" onClick={() => setOpen('freeze')}>
          <Icon name="frozen" />
          Freeze its agents…
        </button>
      ) : null}
      {mayOperate ? (
        <button type="button" className="button" onClick={() => setOpen('retire')}>
          Retire…
        </button>
      ) : null}
      {open === 'freeze' ? <FreezeDialog selector={{ device: id }} onClose={close} /> : null}
      {open === 'retire' ? (
        <ReasonDialog
          title={`Retire ${name}`}
          about="It is refused from then on, and counts nowhere. It may enrol again with a new enrolment string."
          act="Retire this device"
          tone="danger"
          request={(reason) => ({ method: 'POST', path: `/devices/${id}/retire`, body: { reason } })}
          onDone={() => toast(`Retired ${name}.`)}
          onClose={close}
        />
      ) : null}
    </>
  )
}
