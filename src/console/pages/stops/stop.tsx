import { useState } from 'react'
import { useParams } from 'wouter'
import { type StopView, selectorWords } from '../../../protocol/nouns/agents/stops.ts'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { useMay, useSession } from '../../data/session.ts'
import { useAct } from '../../data/use-act.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { counted, countText } from '../../data/words.ts'
import { Answered, Failed } from '../../parts/answered.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Meter } from '../../parts/meter.tsx'
import { Panel } from '../../parts/panel.tsx'
import { PageTitle, Said } from '../../parts/said.tsx'
import { Ago } from '../../parts/time.tsx'
import { toast } from '../../parts/toast.tsx'
import { StopDevices } from './stop-devices.tsx'
import { isInForce, StopStatus } from './stop-state.tsx'

/** One stop: who, why, whether it is in force, and which devices have not answered. */
export function Stop() {
  const { id = '' } = useParams()
  const answer = useAnswer<StopView>(`/stops/${encodeURIComponent(id)}`, { everyMs: 5_000 })
  return (
    <div className="page">
      <Answered answer={answer}>{(stop) => <Shown stop={stop} />}</Answered>
    </div>
  )
}

function Shown({ stop }: { readonly stop: StopView }) {
  const { progress, createdBy, createdAt, confirmedBy, confirmedAt, endsAt, release, emergency, state } = stop
  const answered = progress.devices - progress.waiting
  return (
    <>
      <header className="page-head">
        <PageTitle>{stop.reason}</PageTitle>
        <StopStatus state={state} />
        <Acts stop={stop} />
      </header>
      {isInForce(stop) && progress.waiting > 0 ? (
        <p className="note note-warn">
          <Icon name="clock" />
          {counted(progress.waiting, 'device has', 'devices have')} not answered. Agents may still run there.
        </p>
      ) : null}
      <div className="columns">
        <Panel title="What and why" place="span-5">
          <dl className="facts">
            <Fact name="Scope">
              <Said>{selectorWords(stop.selector, stop.names)}</Said>
            </Fact>
            <Fact name="Kind">{stop.kind}</Fact>
            <Fact name="Asked for by">
              <Said>{createdBy.name}</Said>, <Ago at={createdAt} />
              {emergency ? ' as an emergency' : ''}
            </Fact>
            {confirmedBy === undefined ? null : (
              <Fact name="Confirmed by">
                <Said>{confirmedBy.name}</Said>, <Ago at={confirmedAt} />
              </Fact>
            )}
            {endsAt === undefined ? null : (
              <Fact name={state === 'waiting' ? 'Lapses' : 'Ends'}>
                <Ago at={endsAt} />
              </Fact>
            )}
            {release === undefined ? null : (
              <Fact name="Release">
                <Said>{release.requestedBy.name}</Said>, <Ago at={release.requestedAt} />: <Said>{release.reason}</Said>
              </Fact>
            )}
            <Fact name="ID">
              <code>{stop.id}</code>
            </Fact>
          </dl>
        </Panel>
        <Panel title="Answers" place="span-7">
          {wasSent(stop) ? (
            <div className="stack-4">
              <div className="blast">
                <Figure count={progress.agents} word={isInForce(stop) ? 'agents frozen' : 'agents were frozen'} />
                <Figure count={progress.frozen} word="devices froze" />
                <Figure count={progress.waiting} word="not answered" />
                <Figure count={progress.failed} word="failed" />
              </div>
              <div className="stack">
                <span>
                  {countText(answered)} of {counted(progress.devices, 'device')} answered
                  {progress.spreading ? ', more are being asked' : ''}
                </span>
                <Meter part={answered} whole={progress.devices} tone="ice" />
              </div>
            </div>
          ) : (
            <p className="muted">
              {state === 'waiting' ? 'No device is asked until a second person confirms it.' : 'No device was asked.'}
            </p>
          )}
        </Panel>
        {wasSent(stop) ? <StopDevices id={stop.id} /> : null}
      </div>
    </>
  )
}

function Acts({ stop }: { readonly stop: StopView }) {
  const { id: me } = useSession()
  const mayStop = useMay('stop')
  const [isReleasing, setReleasing] = useState(false)
  const confirming = useAct<StopView>({ onDone: () => toast('Confirmed.') })
  const { id, state, createdBy, release, progress } = stop
  if (!mayStop) return null
  const asker = state === 'waiting' ? createdBy : release?.requestedBy
  const what = state === 'waiting' ? 'stop' : 'release'
  const isWaiting = state === 'waiting' || state === 'release-waiting'
  const canConfirm = isWaiting && asker?.id !== me
  return (
    <div className="page-acts">
      {canConfirm ? (
        <button
          type="button"
          className="button button-ice"
          onClick={() => confirming.mutate({ method: 'POST', path: `/stops/${id}/confirm`, body: { what } })}
        >
          <Icon name="second-person" />
          {what === 'stop' ? 'Confirm: freeze now' : `Confirm the release of ${counted(progress.agents, 'agent')}`}
        </button>
      ) : null}
      {isWaiting && asker?.id === me ? <span className="muted">Somebody else must confirm it.</span> : null}
      {state === 'waiting' || state === 'standing' ? (
        <button type="button" className="button" onClick={() => setReleasing(true)}>
          {state === 'waiting' ? 'Withdraw…' : `${releaseAct(stop)}…`}
        </button>
      ) : null}
      {confirming.error === null ? null : <Failed error={confirming.error} />}
      {isReleasing ? (
        <ReasonDialog
          title={state === 'waiting' ? 'Withdraw the stop' : 'Release the stop'}
          about={
            state === 'waiting'
              ? 'It was never in force.'
              : 'Its agents resume on each device as soon as the device is connected, unless another stop holds them.'
          }
          act={state === 'waiting' ? 'Withdraw' : releaseAct(stop)}
          request={(reason) => ({ method: 'POST', path: `/stops/${id}/release`, body: { reason } })}
          onDone={({ state: after }: StopView) =>
            toast(after === 'release-waiting' ? 'Asked. A second person must confirm the release.' : 'Released.')
          }
          onClose={() => setReleasing(false)}
        />
      ) : null}
    </div>
  )
}

function wasSent({ state }: StopView): boolean {
  return state !== 'waiting' && state !== 'lapsed' && state !== 'withdrawn'
}

function releaseAct({ progress: { agents } }: StopView): string {
  return agents === 0 ? 'Release' : `Release ${counted(agents, 'agent')}`
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
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
