import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { type ApprovalView, approvals } from '../../protocol/nouns/people/approvals.ts'
import { hanging } from '../../view/terminal.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  examples,
  openApi,
  withApiOptions,
} from '../command/command-line.ts'
import { isoTime } from '../command/format.ts'
import { idOf, show } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** Actions of agents that wait for a person. */
export function addApprovalCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, approvals, {
    async show({ options }, approval) {
      answer(components, options, { schema: 'surety-directory/approval@1', approval }, () =>
        approvalLines(components, approval),
      )
    },
  })
  withApiOptions(command.command('approve').description('say where to approve an action: that takes a passkey'))
    .argument('<approval>', approvals.called)
    .addHelpText(
      'after',
      examples('surety-directory approvals approve apr_4fG2aB', 'surety-directory approvals approve laptop-7'),
    )
    .action(async (wanted: string, options: CommonOptions) => {
      const api = await openApi(components, options)
      const { link = 'the console' } = await show(api, approvals, await idOf(api, approvals, wanted))
      throw new SuretyError('USAGE_INVALID', `only a passkey approves an action: open ${link} in a browser`)
    })
}

const LABEL_WIDTH = 14

function approvalLines({ terminal }: CommandComponents, approval: ApprovalView): readonly string[] {
  const { id, state, tool, user, humanName, host, device, product, agentName, ownerName, folder, signed } = approval
  const { reasons, approvers, answers, count, requestedAt, endsAt, decidedAt, decidedBy, reason, link } = approval
  const { scope, scopeUntil, delivery } = approval
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Approval', `${id}, ${state}`],
    ['Tool', tool.server === undefined ? tool.name : `${tool.name} of ${tool.server}`],
    ['Action', signed?.action],
    ['Folder', folder],
    ['Agent', `${agentName ?? 'not registered'} (${product})`],
    ['Owner', ownerName],
    ['User', humanName === undefined ? user.name : `${user.name} (${humanName})`],
    ['Device', `${host} (${device})`],
    ...reasons.map((one) => ['Why', `${one.reason} (${one.rule})`] as const),
    ['Approvers', approvers.join(' and ')],
    ...answers.map((one) => ['Answer', `${one.outcome} by ${one.byName}, ${isoTime(one.time)}`] as const),
    ['Equal', count > 1 ? `${count} wait` : undefined],
    ['Asked', `${isoTime(requestedAt)}, by the clock of the device`],
    ['Ends', isoTime(endsAt)],
    ['Decided', decidedAt === undefined ? undefined : `${isoTime(decidedAt)} by ${decidedBy}`],
    ['Reason', reason],
    ['Holds for', scopeUntil === undefined ? scope : `${scope}, until ${isoTime(scopeUntil)}`],
    ['Device did', delivery],
    ['Page', link],
  ]
  return facts.flatMap(([label, text]) => (text === undefined ? [] : hanging(terminal, label, LABEL_WIDTH, text)))
}
