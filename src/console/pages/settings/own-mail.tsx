import type { MessagePreference } from '../../../protocol/nouns/directory/messages.ts'
import { useAct } from '../../data/use-act.ts'
import { useAnswer } from '../../data/use-answer.ts'
import { Answered, Failed } from '../../parts/answered.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Said } from '../../parts/said.tsx'
import { toast } from '../../parts/toast.tsx'

const OWN = '/mine/messages'

/** Mail about what waits for oneself. */
export function OwnMail() {
  const answer = useAnswer<MessagePreference>(OWN)
  const setting = useAct<MessagePreference>({
    onDone: ({ mail }) => toast(mail ? 'You get mail.' : 'You get no mail.'),
  })
  return (
    <Panel title="Mail" place="span-6">
      <Answered answer={answer}>
        {({ mail, address }) => (
          <div className="stack-4">
            <label className="choice">
              <input
                type="checkbox"
                checked={mail}
                disabled={setting.isPending}
                onChange={({ currentTarget: { checked } }) =>
                  setting.mutate({ method: 'PUT', path: OWN, body: { mail: checked } })
                }
              />
              <span>Mail about what waits for you</span>
            </label>
            <p className="small muted">
              {address === undefined ? (
                'None is sent now: the directory has no address of yours, or no mail server.'
              ) : (
                <>
                  To <Said>{address}</Said>: stops at once, everything else in a digest.
                </>
              )}
            </p>
            {setting.error === null ? null : <Failed error={setting.error} />}
          </div>
        )}
      </Answered>
    </Panel>
  )
}
