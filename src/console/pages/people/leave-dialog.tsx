import { useQuery } from '@tanstack/react-query'
import type { DepartureReport, HumanView } from '../../../protocol/nouns/people/people.ts'
import { ReasonDialog } from '../../acts/reason-dialog.tsx'
import { type ApiError, ask } from '../../data/api.ts'
import { counted } from '../../data/words.ts'
import { Answered } from '../../parts/answered.tsx'
import { toast } from '../../parts/toast.tsx'

interface LeaveDialogProps {
  readonly human: HumanView
  onClose(): void
}

/** Says what would become of what a person owns, before they are deactivated. */
export function LeaveDialog({ human, onClose }: LeaveDialogProps) {
  const path = `/humans/${human.id}/deactivation`
  const answer = useQuery<DepartureReport, ApiError>({
    queryKey: [path, 'dry-run'],
    queryFn: ({ signal }) => ask('POST', path, { body: { reason: 'dry run', dryRun: true }, signal }),
  })
  return (
    <ReasonDialog
      title={`If ${human.displayName} leaves`}
      about="What they own goes to successors who accepted. What has no successor is stopped."
      act={`Deactivate ${human.displayName}`}
      tone="danger"
      request={(reason) => ({ method: 'POST', path, body: { reason } })}
      onDone={() => toast(`${human.displayName} is deactivated.`)}
      onClose={onClose}
    >
      <Answered answer={answer}>
        {({ agents, serviceAccounts, groups, accounts }) => (
          <ul className="stack" aria-label="What would happen">
            <Outcome things={agents} one="agent" />
            <Outcome things={serviceAccounts} one="service account" />
            <li>
              {counted(groups, 'group')} left, {counted(accounts, 'account')} released
            </li>
          </ul>
        )}
      </Answered>
    </ReasonDialog>
  )
}

function Outcome({ things, one }: { readonly things: DepartureReport['agents']; readonly one: string }) {
  return (
    <li>
      {counted(things.transferred, one)} to successors, {counted(things.ended, one)} stopped
    </li>
  )
}
