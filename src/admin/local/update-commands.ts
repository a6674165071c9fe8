import { type Command, InvalidArgumentError } from 'commander'
import { printable } from '../../base/text/printable.ts'
import { exampleLines } from '../../command-line/program.ts'
import { CHANNEL_NAME, PROGRAM_VERSION, UPDATE_PLATFORMS } from '../../protocol/updates.ts'
import { table } from '../../view/terminal.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  configOf,
  oneOf,
  withCommonOptions,
} from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'
import type { ShownRepository } from '../command/update-repositories.ts'

/** Update repositories, on the machine that has their keys. They need no running directory. */

interface UpdateOptions extends CommonOptions {
  readonly repository?: string
  readonly keys?: string
  readonly passphraseFile?: string
}

const ROLES = ['root', 'targets', 'snapshot', 'timestamp'] as const

export function addUpdateCommands(program: Command, components: CommandComponents): void {
  const updates = program.command('updates').description('signed repository of newer versions for devices')
  const command = (name: string, about: string, examples: readonly string[]) =>
    withCommonOptions(updates.command(name).description(about))
      .option('--repository <folder>', 'folder of the repository; default: updates in the data folder')
      .addHelpText('after', exampleLines(...examples))
  const withKeys = (one: Command) =>
    one
      .option('--keys <folder>', 'folder of the signing keys; default: updates-keys in the data folder')
      .option(
        '--passphrase-file <file>',
        'passphrase of root.pem and targets.pem: a file with mode 0600, at least 12 characters',
      )
  const askPassphrase =
    components.ask && ((path: string) => components.readSecret(`Passphrase of ${printable(path)}: `))
  const local = async (options: UpdateOptions) => ({
    commands: await components.updates(),
    config: configOf(components, options).config,
    given: { ...options, askPassphrase },
  })

  withKeys(
    command('init', 'make the four keys and an empty repository', [
      'surety-directory updates init',
      'surety-directory updates init --repository /srv/updates --keys /media/keys --passphrase-file /root/passphrase',
    ]),
  ).action(async (options: UpdateOptions) => {
    const { commands, config, given } = await local(options)
    const made = await commands.init(config, given)
    answer(components, options, { schema: 'surety-directory/updates-init@1', ...made }, () => [
      ...facts([
        ['repository', made.folder],
        ['keys', made.keys],
        ['updates.root', made.root],
      ]),
      'Give devices the setting updates.root. Take root.pem and targets.pem away from the server, and keep copies.',
    ])
  })

  withKeys(
    command('add', 'add a version for one platform', [
      'surety-directory updates add 1.2.0 --platform linux-x64 --from /usr/lib/surety',
      'surety-directory updates add 1.2.0 --platform darwin-arm64 --from dist/darwin --keys /media/keys',
    ]),
  )
    .argument('<version>', 'such as 1.2.0', versionOf)
    .requiredOption('--platform <platform>', UPDATE_PLATFORMS.join(', '), oneOf('platform', UPDATE_PLATFORMS))
    .requiredOption('--from <folder>', 'what the package installs: the runtime and suretyd/')
    .action(
      async (
        version: string,
        options: UpdateOptions & { readonly platform: (typeof UPDATE_PLATFORMS)[number]; readonly from: string },
      ) => {
        const { commands, config, given } = await local(options)
        const { platform, from } = options
        const added = await commands.add(config, given, { version, platform, from })
        answer(components, options, { schema: 'surety-directory/updates-added@1', version, platform, ...added }, () => [
          `version ${version} for ${platform}: ${countOf(added.files)} files, ${countOf(added.bytes)} bytes`,
          'No device takes it yet: surety-directory updates promote',
        ])
      },
    )

  withKeys(
    command('promote', 'offer a version to the devices of a channel, or to a part of them', [
      'surety-directory updates promote 1.2.0 --percent 10',
      'surety-directory updates promote 1.2.0 --channel beta --json',
    ]),
  )
    .argument('<version>', 'one that was added', versionOf)
    .option('--channel <channel>', 'name of the channel', channelOf, 'stable')
    .option('--percent <percent>', 'part of its devices, 1 to 100', percentOf, 100)
    .action(
      async (version: string, options: UpdateOptions & { readonly channel: string; readonly percent: number }) => {
        const { commands, config, given } = await local(options)
        const { channel, percent } = options
        const { releases } = await commands.promote(config, given, { version, channel, percent })
        answer(components, options, { schema: 'surety-directory/updates-channel@1', channel, releases }, () => [
          `${channel}: ${releasesText(releases)}`,
        ])
      },
    )

  command('list', 'versions, channels and how long the signatures are valid', [
    'surety-directory updates list',
    'surety-directory updates list --repository /srv/updates --json',
  ]).action(async (options: UpdateOptions) => {
    const { commands, config, given } = await local(options)
    answerRepository(components, options, await commands.list(config, given))
  })

  withKeys(
    command('refresh', 'sign the timestamp again, or the list of targets as well', [
      'surety-directory updates refresh',
      'surety-directory updates refresh --targets --keys /media/keys',
    ]),
  )
    .option('--targets', 'the list of versions and channels too, which needs targets.pem')
    .action(async (options: UpdateOptions & { readonly targets?: boolean }) => {
      const { commands, config, given } = await local(options)
      const shown = await commands.refresh(config, given, { targets: options.targets === true })
      answerRepository(components, options, shown)
    })

  withKeys(
    command('rotate', 'replace the key of a role; devices follow automatically', [
      'surety-directory updates rotate timestamp --keys /media/keys --new-keys /media/new-keys',
      'surety-directory updates rotate root --new-keys /media/new-keys --json',
    ]),
  )
    .argument('<role>', ROLES.join(', '), oneOf('role', ROLES))
    .requiredOption('--new-keys <folder>', 'where the new key is written')
    .action(async (role: (typeof ROLES)[number], options: UpdateOptions & { readonly newKeys: string }) => {
      const { commands, config, given } = await local(options)
      const shown = await commands.rotate(config, given, { role, newKeys: options.newKeys })
      answerRepository(components, options, shown)
    })

  command('verify', 'compare every file with its signature, as after a copy to a mirror', [
    'surety-directory updates verify --repository /mnt/mirror/updates',
    'surety-directory updates verify --json',
  ]).action(async (options: UpdateOptions) => {
    const { commands, config, given } = await local(options)
    const shown = await commands.verify(config, given)
    answerRepository(components, options, shown, ['Each file is what was signed.'])
  })
}

function answerRepository(
  components: CommandComponents,
  options: UpdateOptions,
  shown: ShownRepository,
  last: readonly string[] = [],
): void {
  const { folder, releases, channels, expires } = shown
  answer(components, options, { schema: 'surety-directory/updates@1', ...shown }, () => [
    ...facts([
      ['repository', folder],
      ...expires.map(({ role, until }): [string, string] => [`${role} until`, timeOf(until)]),
      ...channels.map(({ channel, releases: offered }): [string, string] => [
        `channel ${channel}`,
        releasesText(offered),
      ]),
    ]),
    ...(releases.length === 0
      ? ['no versions yet: surety-directory updates add']
      : table(
          releases.map(({ version, platform }) => ({ cells: [version, platform] })),
          components.terminal,
          { heading: ['VERSION', 'PLATFORM'] },
        )),
    ...last,
  ])
}

function releasesText(releases: readonly { readonly version: string; readonly percent: number }[]): string {
  return releases.map(({ version, percent }) => `${version} (${percent} %)`).join(', ')
}

function versionOf(text: string): string {
  if (!new RegExp(PROGRAM_VERSION).test(text))
    throw new InvalidArgumentError('a version is three numbers, such as 1.2.0')
  return text
}

function channelOf(text: string): string {
  if (!new RegExp(CHANNEL_NAME).test(text)) {
    throw new InvalidArgumentError('a channel has lower-case letters, digits and hyphens')
  }
  return text
}

function percentOf(text: string): number {
  const percent = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (percent < 1 || percent > 100) throw new InvalidArgumentError('a percentage is a whole number from 1 to 100')
  return percent
}
