import { countsNow, type VerdictReason } from '../../../protocol/messages/attestation-result.ts'
import type { Device } from '../../../protocol/nouns/devices/devices.ts'
import { checkHeadline } from '../../data/check-titles.ts'
import { counted } from '../../data/words.ts'
import { Icon } from '../../parts/icon.tsx'
import { Ago } from '../../parts/time.tsx'

/** The verdict's reason in one sentence. Nothing looks better than it is. */
export function VerdictReasons({ device: { result, attestation, presence, lastSeenAt } }: { readonly device: Device }) {
  if (result === undefined) {
    return (
      <p className="note">
        <Icon name="no-verdict" />
        <span>No verdict yet: the device has not reported everything that the policy asks for.</span>
      </p>
    )
  }
  const counting = result.reasons.filter(countsNow)
  const failing = counting.filter(({ state }) => state === 'fail')
  const unchecked = counting.filter(({ state }) => state === 'unknown')
  if (result.verdict === 'stale') {
    return (
      <p className="note note-warn">
        <Icon name="clock" />
        <span>
          <strong>Stale.</strong> The last verdict ended <Ago at={result.validUntil} />
          {presence === 'silent' ? (
            <>
              , and the device reported <Ago at={lastSeenAt} />
            </>
          ) : null}
          . Stale is never good.
        </span>
      </p>
    )
  }
  if (result.verdict === 'compliant') {
    return (
      <p className="note note-ok">
        <Icon name="pass" />
        <span>
          <strong>Compliant.</strong> All required checks pass. Appraised <Ago at={result.appraisedAt} />.
        </span>
      </p>
    )
  }
  const failure = attestation.failure
  return (
    <div className={`note ${failing.length > 0 ? 'note-bad' : ''}`}>
      <Icon name={failing.length > 0 ? 'fail' : 'no-verdict'} />
      <div className="stack">
        <p>
          <strong>
            {failing.length > 0
              ? `Not compliant, because ${counted(failing.length, 'required check fails', 'required checks fail')}.`
              : 'No verdict: not everything that is required could be checked.'}
          </strong>{' '}
          {failing.length > 0 && unchecked.length > 0
            ? `${counted(unchecked.length, 'more could not be checked', 'more could not be checked')}.`
            : null}
        </p>
        <ul className="stack">
          {counting.map((reason) => (
            <Reason key={`${reason.check} ${reason.state}`} reason={reason} />
          ))}
        </ul>
        {failure === undefined ? null : (
          <p>
            Its newest attestation was refused since <Ago at={failure.since} />{' '}
            <span className="tiny faint">{failure.code}</span>
          </p>
        )}
      </div>
    </div>
  )
}

function Reason({ reason: { check, state, since } }: { readonly reason: VerdictReason }) {
  return (
    <li>
      <span className="medium">{checkHeadline(check, state)}</span>
      {since === undefined ? null : (
        <span className="muted">
          , first seen <Ago at={since} />
        </span>
      )}
    </li>
  )
}
