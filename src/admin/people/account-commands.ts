import { type Command, Option } from 'commander'
import { SuretyError } from '../../base/errors.ts'
import { PERSON } from '../../protocol/noun/words.ts'
import { accounts } from '../../protocol/nouns/people/accounts.ts'
import { answer, type CommandComponents, examples, openApi, withApiOptions } from '../command/command-line.ts'
import { type ConsentOptions, requireConsent, withConsent } from '../command/consent.ts'
import { countOf } from '../command/format.ts'
import { DEVICE_WORDS, deviceIdOf } from '../names/name-device.ts'
import { call } from '../nouns/call.ts'
import { addNounCommands } from '../nouns/noun-commands.ts'

/** `accounts`: which user of which device is which person. */

interface ConfirmOptions extends ConsentOptions {
  readonly person?: string
  /** As `person`. */
  readonly human?: string
  readonly allProposed?: boolean
}

export function addAccountCommands(program: Command, components: CommandComponents): void {
  const command = addNounCommands(program, components, accounts, {
    bodies: {
      release: async ({ api, words: [device = '', user = ''], options: { reason } }) => ({
        device: await deviceIdOf(api, device),
        user,
        reason: `${reason}`,
      }),
    },
  })
  withConsent(withApiOptions(command.command('confirm').description('confirm whose account it is, once')))
    .argument('[device]', DEVICE_WORDS)
    .argument('[user]', 'the user on the device: uid, SID or name')
    .option('--person <person>', `the person, if not the one who is proposed: ${PERSON}`)
    .addOption(new Option('--human <person>', 'as --person').hideHelp())
    .option('--all-proposed', 'all proposed accounts, or those of the device, as they are proposed')
    .addHelpText(
      'after',
      examples(
        'surety-directory accounts confirm lap-0042 ada',
        'surety-directory accounts confirm lap-0042 1001 --person bob',
        'surety-directory accounts confirm --all-proposed --yes',
      ),
    )
    .action((device: string | undefined, user: string | undefined, options: ConfirmOptions) =>
      options.allProposed === true
        ? confirmAll(components, options, device, user)
        : confirmOne(components, options, device, user),
    )
}

async function confirmOne(
  components: CommandComponents,
  { human, person = human, ...options }: ConfirmOptions,
  wanted: string | undefined,
  user: string | undefined,
): Promise<void> {
  if (wanted === undefined || user === undefined) {
    throw new SuretyError('USAGE_INVALID', 'name a device and one of its users, or give --all-proposed')
  }
  const api = await openApi(components, options)
  const device = await deviceIdOf(api, wanted)
  const body = { device, user, ...(person === undefined ? {} : { human: person }) }
  const account = await call(api, accounts, 'confirm', { body })
  answer(components, options, { schema: 'surety-directory/account@1', account }, () => [
    `the account ${JSON.stringify(account.userName)} (${account.userId}) on ${account.device} is confirmed for ${account.human}`,
  ])
}

async function confirmAll(
  components: CommandComponents,
  { human, person = human, ...options }: ConfirmOptions,
  wanted: string | undefined,
  user: string | undefined,
): Promise<void> {
  if (person !== undefined || user !== undefined) {
    throw new SuretyError('USAGE_INVALID', '--all-proposed goes with neither a user nor --person')
  }
  const api = await openApi(components, options)
  const body = wanted === undefined ? {} : { device: await deviceIdOf(api, wanted) }
  const where = wanted === undefined ? '' : ` of ${wanted}`
  await requireConsent(components, options, {
    act: `Confirm all proposed accounts${where} as they are proposed`,
    permission: { api, action: 'identify' },
  })
  let confirmed = 0
  for (let more = true; more; ) {
    const some = await call(api, accounts, 'confirmProposed', { body })
    confirmed += some.confirmed
    more = some.more
  }
  answer(components, options, { schema: 'surety-directory/confirmed-accounts@1', confirmed }, () => [
    `${countOf(confirmed, 'account')} confirmed`,
  ])
}
