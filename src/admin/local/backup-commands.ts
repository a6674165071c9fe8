import type { Command } from 'commander'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  configOf,
  examples,
  type ShownBackup,
  withCommonOptions,
} from '../command/command-line.ts'
import { countOf, facts, timeOf } from '../command/format.ts'

/** Backups of a directory on this machine. They need its data folder, and no running directory. */

interface BackupCommandOptions extends CommonOptions {
  readonly passphraseFile?: string
}

export function addBackupCommands(program: Command, components: CommandComponents): void {
  const backup = program.command('backup').description('backups of the directory on this machine')
  withPassphrase(
    withCommonOptions(
      backup.command('create').description('copy database, keys and trust anchors, while the directory runs'),
    ),
  )
    .requiredOption('--to <folder>', 'the folder to make, or an existing one that gets a folder named by the time')
    .addHelpText(
      'after',
      examples(
        'surety-directory backup create --to /var/backups/surety',
        'surety-directory backup create --to /mnt/backup --passphrase-file /etc/surety/backup-passphrase',
      ),
    )
    .action(async (options: BackupCommandOptions & { readonly to: string }) => {
      const { config } = configOf(components, options)
      const { folder, manifest } = await (await components.backups()).create(
        config,
        options.to,
        workOf(components, options),
      )
      answerBackup(components, options, { folder, manifest, act: 'created' })
    })

  withPassphrase(withCommonOptions(backup.command('verify').description('compare a backup with its manifest')))
    .argument('<backup>', 'the folder of the backup')
    .addHelpText(
      'after',
      examples(
        'surety-directory backup verify /var/backups/surety',
        'surety-directory backup verify /mnt/backup/surety-directory-2026-11-28T140000Z --json',
      ),
    )
    .action(async (from: string, options: BackupCommandOptions) => {
      const { folder, manifest } = await (await components.backups()).verify(from, workOf(components, options))
      answerBackup(components, options, { folder, manifest, act: 'verified' })
    })

  withPassphrase(
    withCommonOptions(program.command('restore').description('restore a backup into an empty data folder')),
  )
    .requiredOption('--from <backup>', 'the folder of the backup')
    .addHelpText(
      'after',
      examples(
        'surety-directory restore --from /var/backups/surety',
        'surety-directory restore --from /mnt/backup/surety-directory-2026-11-28T140000Z --data /srv/directory',
      ),
    )
    .action(async (options: BackupCommandOptions & { readonly from: string }) => {
      const { config } = configOf(components, options)
      const { manifest } = await (await components.backups()).restore(config, options.from, workOf(components, options))
      answerBackup(components, options, { folder: config.data, manifest, act: 'restored' })
    })
}

function withPassphrase(command: Command): Command {
  return command.option(
    '--passphrase-file <file>',
    'encrypts the backup, or opens it: a file with mode 0600, at least 12 characters',
  )
}

/** How often progress is printed. */
const SAY_EVERY_MS = 2_000

function workOf(components: CommandComponents, { passphraseFile, json }: BackupCommandOptions) {
  const { err, now } = components
  let saidAt = now()
  return {
    passphraseFile,
    signal: components.untilInterrupted(),
    progress(done: number) {
      if (json === true || now() - saidAt < SAY_EVERY_MS) return
      saidAt = now()
      err(`${Math.floor(done * 100)} %\n`)
    },
  }
}

interface Answered {
  readonly folder: string
  readonly manifest: ShownBackup
  readonly act: 'created' | 'verified' | 'restored'
}

const NEXT: Readonly<Record<Answered['act'], (backup: ShownBackup) => string>> = {
  created: ({ encryption }) =>
    encryption === undefined
      ? 'It holds the keys of the directory: guard it like them, or encrypt it with --passphrase-file.'
      : 'Without the passphrase nothing of it can be restored: keep it apart from the backup.',
  verified: () => 'Each file is what was written.',
  restored: () => 'Start the directory. What happened after the backup is forgotten: surety-directory status',
}

function answerBackup(
  components: CommandComponents,
  options: CommonOptions,
  { folder, manifest, act }: Answered,
): void {
  const { id, time, version, lastEvent, devices, orders, highestOrder, standingStops, files } = manifest
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const encrypted = manifest.encryption !== undefined
  const backup = { id, time, version, lastEvent, devices, orders, highestOrder, standingStops, encrypted, bytes }
  answer(components, options, { schema: 'surety-directory/backup@1', act, folder, backup }, () => [
    ...facts([
      [act, folder],
      ['backup', id],
      ['made', `${timeOf(time)} by version ${version}`],
      ['devices', countOf(devices)],
      ['last event', `${lastEvent}`],
      ['orders', `${countOf(orders)}, highest number ${highestOrder}`],
      ['stops in force', countOf(standingStops)],
      ['size', `${countOf(bytes)} bytes in ${countOf(files.length)} files${encrypted ? ', encrypted' : ''}`],
    ]),
    NEXT[act](manifest),
  ])
}
