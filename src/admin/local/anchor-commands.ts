import type { Command } from 'commander'
import { exampleLines } from '../../command-line/program.ts'
import { table } from '../../view/terminal.ts'
import {
  answer,
  type CommandComponents,
  type CommonOptions,
  configOf,
  type ShownAnchor,
  withCommonOptions,
} from '../command/command-line.ts'
import { timeOf } from '../command/format.ts'

/** Certificates of TPM makers, on the machine of the directory: a person who can add one decides which TPMs are genuine. */

interface AnchorOptions extends CommonOptions {
  readonly trustAnchors?: string
}

export function addAnchorCommands(program: Command, components: CommandComponents): void {
  const anchors = program.command('anchors').description('certificates of TPM makers; needs the data folder')
  withAnchorOptions(anchors.command('list').description('certificates, with the fingerprints that makers publish'))
    .addHelpText('after', exampleLines('surety-directory anchors list', 'surety-directory anchors list --json'))
    .action(async (options: AnchorOptions) => {
      const {
        folder,
        anchors: list,
        problems,
      } = await components.anchors().then((one) => one.list(config(components, options)))
      answer(components, options, { schema: 'surety-directory/anchors@1', folder, anchors: list, problems }, () => [
        ...(list.length === 0
          ? [`no certificates in ${folder}; add them with: surety-directory anchors add FILE`]
          : anchorTable(components, list)),
        ...problems.map(({ file, reason }) => `not used: ${file}: ${reason}`),
      ])
    })
  withAnchorOptions(
    anchors
      .command('add')
      .description('add CA certificates of TPM makers; a running directory uses them within seconds'),
  )
    .argument('<file...>', 'PEM or DER; a PEM file may hold several')
    .addHelpText(
      'after',
      exampleLines(
        'surety-directory anchors add root.pem intermediate.cer',
        'surety-directory anchors add bundle.pem --data /srv/directory --json',
      ),
    )
    .action(async (files: readonly string[], options: AnchorOptions) => {
      const added = await components.anchors().then((one) => one.add(config(components, options), files))
      answer(components, options, { schema: 'surety-directory/added-anchors@1', anchors: added }, () => [
        ...anchorTable(components, added),
        'Compare each fingerprint with the one that its maker publishes.',
      ])
    })
}

function withAnchorOptions(command: Command): Command {
  return withCommonOptions(command).option(
    '--trust-anchors <folder>',
    'folder of the certificates, if the directory has another one',
  )
}

function config(components: CommandComponents, options: AnchorOptions) {
  const { trustAnchors } = options
  return configOf(components, options, trustAnchors === undefined ? {} : { trustAnchors }).config
}

function anchorTable({ terminal }: CommandComponents, anchors: readonly ShownAnchor[]): readonly string[] {
  const rows = anchors.map(({ subject, set, status, notAfter, fingerprint, file }) => ({
    cells: [subject, set, status, timeOf(notAfter).slice(0, 10), fingerprint, file],
    tone: status === 'expired' ? ('warning' as const) : undefined,
  }))
  const heading = ['SUBJECT', 'SET', 'STATUS', 'EXPIRES', 'SHA-256', 'FILE']
  return table(rows, terminal, { heading, maxCell: Number.POSITIVE_INFINITY })
}
