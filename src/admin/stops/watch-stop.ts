import { orAborted } from '../../base/clock.ts'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { printableJson } from '../../base/text/printable.ts'
import { type StopView, stopReader } from '../../protocol/api/stops.ts'
import type { CommandComponents, CommonOptions } from '../command/command-line.ts'
import { timeOf } from '../command/format.ts'
import type { ApiClient } from '../connection/api-client.ts'
import { progressWords, stateWords } from './stop-words.ts'

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
