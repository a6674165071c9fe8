import { type Command, InvalidArgumentError } from 'commander'
import { orAborted } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { printable, printableJson } from '../../base/text/printable.ts'
import {
  type CreatedStop,
  counted,
  isInForce,
  progressWords,
  type StopView,
  stopDevicePageReader,
  stoppedWords,
  stopReader,
} from '../../protocol/nouns/agents/stops.ts'
import { answer, type CommandComponents, type CommonOptions, queryOf } from '../command/command-line.ts'
import { timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { actedLines, impactLines, stateWords } from './stop-words.ts'

/** What a stop has done in its first seconds, for the person who has just put it in force. */

const [USUAL_S, MOST_S] = [2, 600]
const STEP_MS = 100
/** The time that a stop took is of as many devices. */
const MOST_TIMED = 500

export interface WaitOptions {
  readonly wait: number
}

export function withWait(command: Command): Command {
  return command.option(
    '--wait <seconds>',
    `how long to wait for the first answers, up to ${MOST_S}; 0: not at all`,
    readSeconds,
    USUAL_S,
  )
}

function readSeconds(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (seconds <= MOST_S) return seconds
  throw new InvalidArgumentError(`a whole number from 0 to ${MOST_S}`)
}

interface FirstAnswers {
  readonly stop: StopView
  readonly afterMs: number | undefined
}

/**
 * Waits until no answer is awaited from a connected device, for `wait` seconds at most. Never throws: the stop is in force, and a
 * person who does not see its id creates it again.
 *
 * @returns the stop as it was last read, and the time until the last receipt had come.
 */
export async function firstAnswers(
  components: Pick<CommandComponents, 'pause' | 'untilInterrupted' | 'err'>,
  { api, stop: created, wait }: WaitOptions & { readonly api: ApiClient; readonly stop: StopView },
): Promise<FirstAnswers> {
  let stop = created
  try {
    const signal = components.untilInterrupted()
    for (let leftMs = wait * 1000; leftMs > 0 && isInForce(created) && isAwaited(stop); leftMs -= STEP_MS) {
      await components.pause(STEP_MS, { signal })
      if (signal.aborted) break
      stop = await api.ask('GET', `/stops/${stop.id}`, stopReader)
    }
    return { stop, afterMs: await frozenAfterMs(api, stop) }
  } catch (error) {
    noteUnread(components, 'the first answers', error)
    return { stop, afterMs: undefined }
  }
}

function noteUnread({ err }: Pick<CommandComponents, 'err'>, what: string, error: unknown): void {
  err(`note: ${what} could not be read: ${printable(describeError(error))}\n`)
}

function isAwaited({ progress: { spreading, waiting, unreachable = 0 } }: StopView): boolean {
  return spreading || waiting > unreachable
}

/** Prints a new stop with its first answers, or what it would stop. */
export async function answerCreated(
  components: CommandComponents,
  options: CommonOptions & WaitOptions,
  {
    api,
    created,
    schema,
  }: { readonly api: ApiClient; readonly created: CreatedStop; readonly schema: `surety-directory/${string}@1` },
): Promise<void> {
  const { impact, twoPersons, warnings } = created
  if (options.json !== true) for (const warning of warnings) components.err(`note: ${printable(warning)}\n`)
  const answers = created.stop && (await firstAnswers(components, { api, stop: created.stop, wait: options.wait }))
  const seen = { ...created, ...(answers === undefined ? {} : { stop: answers.stop }) }
  answer(components, options, { schema, ...seen }, () => [
    ...(impact === undefined ? [] : impactLines(components.terminal, impact)),
    ...(impact !== undefined && twoPersons ? ['A second person has to confirm such a stop.'] : []),
    ...(answers === undefined ? [] : answerLines(answers.stop, answers.afterMs)),
  ])
}

/** Undefined unless every device that froze something is among the first. */
async function frozenAfterMs(api: ApiClient, stop: StopView): Promise<number | undefined> {
  const { id, createdAt, confirmedAt = createdAt, progress } = stop
  if (progress.frozen === 0 || progress.frozen > MOST_TIMED) return undefined
  const path = `/stops/${id}/devices${queryOf({ state: 'frozen', limit: MOST_TIMED })}`
  const { items } = await api.ask('GET', path, stopDevicePageReader)
  return Math.max(0, ...items.map(({ answeredAt = 0 }) => answeredAt - confirmedAt))
}

/** @param afterMs from when it was in force until the last receipt had come. */
export function answerLines(stop: StopView, afterMs: number | undefined): string[] {
  if (!isInForce(stop)) return actedLines(stop)
  const { id, kind, progress } = stop
  const { devices, frozen, nothingMatched, waiting, unreachable = 0, failed, spreading } = progress
  const took = afterMs === undefined ? '' : ` (${(Math.ceil(afterMs / 100) / 10).toFixed(1)} s)`
  const of = (count: number) => `${count} of ${counted(devices, 'device')}`
  const silent = unreachable === 0 ? '' : `, ${unreachable} of them not connected`
  return [
    ...actedLines(stop),
    ...(frozen === 0
      ? []
      : [`${kind === 'retire' ? 'Frozen and ended' : 'Frozen'}: ${stoppedWords(progress)} on ${of(frozen)}${took}.`]),
    ...(nothingMatched === 0 ? [] : [`Nothing to freeze on ${of(nothingMatched)}: what starts later is frozen.`]),
    ...(failed === 0 ? [] : [`FAILED on ${of(failed)}: surety-directory stops show ${id}`]),
    ...(waiting === 0 ? [] : [`No answer yet from ${of(waiting)}${silent}: surety-directory stops watch ${id}`]),
    ...(spreading && waiting === 0 ? [`It is still being sent: surety-directory stops watch ${id}`] : []),
    `Release it: surety-directory stops release ${id} --reason TEXT`,
  ]
}

const AGAIN_MS = 500

/**
 * Tells each change until every device is done or the stop is over, or until a person interrupts it.
 *
 * @throws `STOP_INCOMPLETE` once every device has answered and some have failed.
 */
export async function watchStop(
  components: CommandComponents,
  { json }: CommonOptions,
  { api, id }: { readonly api: ApiClient; readonly id: string },
): Promise<void> {
  const { out, err, now, pause } = components
  const signal = components.untilInterrupted({ orUnread: true })
  let told = ''
  let lost = false
  for (;;) {
    try {
      const stop = await orAborted(api.ask('GET', `/stops/${id}`, stopReader), signal)
      if (lost) err('surety-directory: the directory answers again\n')
      lost = false
      const line = `${stateWords(stop)}; ${progressWords(stop)}`
      if (line !== told) {
        const document = printableJson({ schema: 'surety-directory/stop@1', stop })
        out(json === true ? `${document}\n` : `${timeOf(now())}  ${line}\n`)
      }
      told = line
      if (isOver(stop)) return
    } catch (error) {
      if (signal.aborted) return
      if (codeOf(error) !== 'DIRECTORY_UNREACHABLE') throw error
      if (!lost) err('surety-directory: the directory is gone; waiting for it\n')
      lost = true
    }
    await pause(AGAIN_MS, { signal })
    if (signal.aborted) return
  }
}

/** Whether every device has answered. @throws `STOP_INCOMPLETE`. */
function isOver({ id, state, progress }: StopView): boolean {
  if (state === 'lapsed' || state === 'withdrawn') return true
  if (state === 'waiting' || progress.spreading || progress.waiting > 0) return false
  if (progress.failed === 0) return true
  const message = `${progress.failed} of ${progress.devices} devices failed: surety-directory stops show ${id}`
  throw new SuretyError('STOP_INCOMPLETE', message)
}
