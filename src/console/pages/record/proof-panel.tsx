import { Link } from 'wouter'
import type { EntryView } from '../../../protocol/nouns/directory/record.ts'
import { toBase64 } from '../../../tlog/lines.ts'
import { counted, countText } from '../../data/words.ts'
import { Waiting } from '../../parts/answered.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { keepCheckpoint } from './kept-log.ts'
import { useVerified, type Verification } from './use-verified.ts'
import { verifyEntry } from './verify-log.ts'

/** Whether the entry is in the log, verified here. */
export function ProofPanel({ entry }: { readonly entry: EntryView }) {
  const { proof, removed } = entry
  const isProved = proof !== undefined && removed !== true
  const { verification, log, again } = useVerified(isProved ? `${entry.id} ${proof}` : undefined, (source) =>
    verifyEntry(entry, source),
  )
  if (!isProved) {
    return (
      <Panel title="Proof" place="span-5">
        <p className="muted">
          {removed === true
            ? 'The time of this entry was over. The log keeps its hash, and every other proof still verifies.'
            : 'The entry gets its place in the log within a moment.'}
        </p>
      </Panel>
    )
  }
  return (
    <Panel title="Proof" place="span-5">
      <div className="stack-4" aria-live="polite">
        {verification === undefined ? <Waiting /> : <Outcome verification={verification} onAgain={again} />}
        {verification?.state !== 'verified' ? null : (
          <dl className="facts">
            <Fact name="Index">{countText(verification.found.index)}</Fact>
            <Fact name="Entries of the log">{countText(verification.found.checkpoint.size)}</Fact>
            <Fact name="Root">
              <code>{toBase64(verification.found.checkpoint.root)}</code>
            </Fact>
            <Fact name="Log">
              <Said>{log?.origin}</Said>
            </Fact>
            <Fact name="This browser">{keptWords(verification.found.keptSize)}</Fact>
          </dl>
        )}
        <p className="small muted">
          This page verifies with the key that the directory names.{' '}
          <Link className="link" href="/log">
            The log and its witnesses
          </Link>
        </p>
      </div>
    </Panel>
  )
}

/** Green, red or neither. */
export function Outcome<T>({
  verification,
  words = 'In the log, verified here.',
  onAgain,
}: {
  readonly verification: Verification<T>
  readonly words?: string
  onAgain(): void
}) {
  if (verification.state === 'verified') {
    return (
      <p className="note note-ok">
        <Icon name="proven" />
        <span className="medium">{words}</span>
      </p>
    )
  }
  const isWrong = verification.state === 'wrong'
  return (
    <div className={`note ${isWrong ? 'note-bad' : 'note-warn'}`} role="alert">
      <span className={isWrong ? 'bad' : 'warn'}>
        <Icon name="warning" />
      </span>
      <div className="stack-2">
        <p className="medium">{isWrong ? 'This does not verify.' : 'Not verified.'}</p>
        <p>
          <Said>{verification.reason}</Said>
        </p>
        {isWrong ? <p className="faint tiny">{verification.code}</p> : null}
        {isWrong && verification.code === 'LOG_UNKNOWN' ? <OtherLog onAgain={onAgain} /> : null}
        <button type="button" className="button button-small fits" onClick={onAgain}>
          Verify again
        </button>
      </div>
    </div>
  )
}

/** A directory that was restored begins another log. Whoever compared the keys may follow that one. */
function OtherLog({ onAgain }: { onAgain(): void }) {
  const follow = () => {
    keepCheckpoint(undefined)
    onAgain()
  }
  return (
    <>
      <p>
        After a restore this is expected: the entry <i>record continued</i> says what the new log has. Compare the key
        with the one that your auditor has before this browser follows it.
      </p>
      <button type="button" className="button button-small fits" onClick={follow}>
        Follow the new log
      </button>
    </>
  )
}

export function keptWords(size: number | undefined): string {
  if (size === undefined) return 'saw the log for the first time'
  return `knew the log with ${counted(size, 'entry', 'entries')}; it continues it`
}
