import { type Command, Option } from 'commander'
import { codeOf, describeError, SuretyError } from '../base/errors.ts'
import { exampleLines } from '../command-line/program.ts'
import { type Status, TRAY_SHOW, type TrayShow } from '../protocol/messages/control.ts'
import type { SessionBus } from '../system/desktop/session-bus.ts'
import type { Language } from '../view/checks/check-catalogue.ts'
import {
  type CliComponents,
  type CliOptions,
  type CommandInit,
  type DesktopSession,
  languageFor,
  optionsOf,
} from './command/cli-components.ts'
import type { DaemonClient } from './command/daemon-client.ts'
import { supportIn } from './status/support.ts'
import { startLinuxTray } from './tray/linux-tray.ts'
import { newestNotices, withStopEnds, withWelcome } from './tray/timely-notices.ts'
import type { TrayDocument } from './tray/tray-document.ts'
import { TRAY_FORMATS, type TrayFormat, trayText } from './tray/tray-formats.ts'
import { type TrayKnowledge, trayDocument } from './tray/tray-menu.ts'
import { TRAY_TEXTS } from './tray/tray-texts.ts'

const SNI = 'sni'
type Wanted = TrayFormat | typeof SNI

/** `surety tray`: the state of this device for a panel or menu bar. */
export function addTrayCommand(components: CliComponents, init: CommandInit): void {
  init
    .command('tray', 'print the state of this device and its menu for a panel or menu bar')
    .addOption(
      new Option('--format <format>', 'of the panel; sni: an icon in the panel of a Linux desktop')
        .choices([...TRAY_FORMATS, SNI])
        .default('text'),
    )
    .option('--watch', 'keep running and print each change')
    .option('--lang <language>', 'en or de; default: the locale')
    .addHelpText('after', exampleLines('surety tray --format polybar --watch', 'surety tray --format json'))
    .action(async (_, made: Command) => {
      const options = optionsOf(made)
      const format = formatOf(made, options)
      const language = languageFor(options, init)
      const { desktop, platform } = init
      const withNews = newestNotices()
      const { goOn, welcome } = TRAY_TEXTS[language]
      const withEnds = withStopEnds(goOn)
      const documentOf = (known: TrayKnowledge) =>
        withWelcome(
          withEnds(withNews(trayDocument(known, { language, nowMs: components.now(), desktop, platform }))),
          welcome,
        )
      const parts = { daemon: components.daemonAt(options.socket), documentOf, language }
      if (format === SNI) await runOnDesktop(components, parts, options)
      else await printTray(components, parts, { format, watch: options.watch === true })
    })
}

interface TrayParts {
  readonly daemon: DaemonClient
  readonly documentOf: (known: TrayKnowledge) => TrayDocument
  readonly language: Language
}

async function printTray(
  components: CliComponents,
  { daemon, documentOf }: TrayParts,
  { format, watch }: { format: TrayFormat; watch: boolean },
): Promise<void> {
  const print = (document: TrayDocument) => components.out(trayText(document, format, { watch }))
  if (!watch) {
    print(documentOf(await knowledge(() => daemon.status(), components)))
    return
  }
  const changes = onChange(print)
  await watchTray(components, daemon, (news) => changes(documentOf(knownOf(news, components))), {
    signal: components.untilInterrupted(),
  })
}

/** Until it is interrupted, or the session ends. @throws `NOT_SUPPORTED` without a session. */
async function runOnDesktop(
  components: CliComponents,
  parts: TrayParts,
  { socket }: Pick<CliOptions, 'socket'>,
): Promise<void> {
  const { desktop } = components
  if (desktop === undefined)
    throw new SuretyError('NOT_SUPPORTED', 'this system has no panels that --format sni is for')
  using bus = await desktop.connectBus()
  try {
    await runOnBus(components, parts, { bus, desktop, socket })
  } catch (error) {
    // A session may end at any time.
    if (!bus.closed.aborted) throw error
  }
}

async function runOnBus(
  components: CliComponents,
  { daemon, documentOf, language }: TrayParts,
  { bus, desktop, socket }: { bus: SessionBus; desktop: DesktopSession; socket: string },
): Promise<void> {
  const signal = AbortSignal.any([components.untilInterrupted(), bus.closed])
  const known = await knowledge(() => daemon.status(), components)
  if ((known.status?.tray?.show ?? known.show) === 'never') {
    components.err('surety: the settings hide the tray\n')
    return
  }
  const first = documentOf(known)
  let changes = (_: TrayDocument): void => undefined
  const tray = await startLinuxTray(
    {
      bus,
      processId: desktop.processId,
      keptNotices: desktop.keptNotices,
      async run(args) {
        const printed = await desktop
          .runSurety([...args, '--lang', language], { socket })
          .catch((error: unknown) => describeError(error))
        changes(documentOf(await knowledge(() => daemon.status(), components)))
        return printed
      },
    },
    first,
  )
  if (tray === undefined) {
    components.err('surety: a tray runs in this session already\n')
    return
  }
  changes = onChange((document) => void tray.show(document).catch(() => undefined))
  await watchTray(components, daemon, (news) => changes(documentOf(knownOf(news, components))), { signal })
}

/** Leaves out what is the same as before. */
function onChange(show: (document: TrayDocument) => void): (document: TrayDocument) => void {
  let shown: string | undefined
  return (document) => {
    const text = JSON.stringify(document)
    if (text !== shown) show(document)
    shown = text
  }
}

function knownOf(news: TrayNews, components: CliComponents): TrayKnowledge {
  return 'status' in news ? news : { ...settingsOf(components), ...news }
}

/** @throws `USAGE_INVALID`. */
function formatOf(made: Command, { json }: { readonly json?: boolean }): Wanted {
  const { format } = made.opts<{ format: Wanted }>()
  if (json === true && format !== 'json' && made.getOptionValueSource('format') === 'cli') {
    throw new SuretyError('USAGE_INVALID', `give --json or --format ${format}, and not both`)
  }
  return json === true ? 'json' : format
}

/** A daemon that gives no answer is a state of the tray, and no error. */
async function knowledge(status: () => Promise<Status>, components: CliComponents): Promise<TrayKnowledge> {
  try {
    return { status: await status() }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return settingsOf(components)
  }
}

/** What a daemon would say that answers. */
function settingsOf({ readConfig }: Pick<CliComponents, 'readConfig'>): TrayKnowledge {
  return { support: supportIn(readConfig), show: showIn(readConfig) }
}

function showIn(readConfig: CliComponents['readConfig']): TrayShow | undefined {
  try {
    const value = readConfig().find(({ key }) => key === 'tray.show')?.value
    return TRAY_SHOW.find((one) => one === value)
  } catch {
    return undefined
  }
}

/** A status, or how long there has been none. */
type TrayNews = { readonly status: Status } | { readonly awayForMs: number }

/** Agents may change all the time. */
const BETWEEN_MS = 1_000
const RETRY_MS = 2_000
/** An update restarts the daemon. */
const PATIENCE_MS = 10_000

/**
 * Calls `onNews` with the status whenever agents have changed, and every ten seconds. Ends when the package was removed.
 *
 * @throws `INPUT_MALFORMED` when the daemon speaks another version: then this program has been replaced as well.
 */
async function watchTray(
  { pause, now, isInstalled = () => true }: Pick<CliComponents, 'pause' | 'now' | 'isInstalled'>,
  daemon: Pick<DaemonClient, 'status' | 'sightings'>,
  onNews: (news: TrayNews) => void,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  let mark: string | undefined
  let since: number | undefined
  let isShown = false
  while (!signal.aborted) {
    try {
      const unlike = mark === undefined ? {} : { unlike: mark }
      const answer = await daemon.sightings({ kinds: ['agent'], ...unlike }, { signal })
      const status = await daemon.status()
      ;[mark, since, isShown] = [answer.mark, undefined, true]
      onNews({ status })
      await pause(BETWEEN_MS, { signal })
    } catch (error) {
      if (signal.aborted) return
      if (codeOf(error) === 'INPUT_MALFORMED' || codeOf(error) === undefined) throw error
      // No menu would work.
      if (!isInstalled()) return
      // The first answer after this comes at once.
      mark = undefined
      since ??= now()
      const awayForMs = now() - since
      if (!isShown || awayForMs >= PATIENCE_MS) onNews({ awayForMs })
      isShown = true
      await pause(RETRY_MS, { signal })
    }
  }
}
