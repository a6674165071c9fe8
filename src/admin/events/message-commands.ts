import type { Command } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { timeInWords } from '../../protocol/noun/words.ts'
import { type MediumStatus, messages } from '../../protocol/nouns/directory/messages.ts'
import { answer, type CommandComponents } from '../command/command-line.ts'
import { countOf, facts } from '../command/format.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** Messages to people: what is sent, and what was not taken. */
export function addMessageCommands(program: Command, components: CommandComponents): void {
  addNounCommands(program, components, messages, {
    verbs: {
      async status({ api, options }) {
        const status = await call(api, messages, 'status')
        const { media, digest, timeZone, nextDigestAt, quietHours, quietUntil } = status
        answer(components, options, { schema: 'surety-directory/message-status@1', ...status }, () =>
          facts([
            ...media.map((one) => [one.medium, mediumWords(one)] as const),
            ['digest', digest === 'off' ? 'off' : `${digest} (${timeZone})`],
            ['next digest', nextDigestAt === undefined ? undefined : timeInWords(nextDigestAt)],
            ['quiet hours', quietHours],
            ['quiet until', quietUntil === undefined ? undefined : timeInWords(quietUntil)],
          ]),
        )
      },
      async test({ api, options, body }) {
        const to = body.to as 'mail' | 'slack' | 'teams' // The API refuses other words.
        const address = typeof body.address === 'string' ? { address: body.address } : {}
        const delivery = await call(api, messages, 'test', { body: { to, ...address } })
        if (!delivery.delivered) {
          const why = delivery.problem ?? 'failed'
          throw new SuretyError('MESSAGE_FAILED', `the message by ${delivery.medium} was not taken: ${why}`)
        }
        answer(components, options, { schema: 'surety-directory/message-delivery@1', delivery }, () => [
          `sent by ${delivery.medium} in ${delivery.ms} ms`,
        ])
      },
    },
  })
}

function mediumWords({ on, server, waiting, failed, sentAt, problem }: MediumStatus): string {
  if (!on) return 'off: it has no settings'
  const parts = [
    server,
    `${countOf(waiting, 'message')} waiting`,
    failed === 0 ? undefined : `${failed} failed`,
    sentAt === undefined ? 'nothing sent yet' : `last sent ${timeInWords(sentAt)}`,
    problem,
  ]
  return parts.filter((part) => part !== undefined).join('; ')
}
