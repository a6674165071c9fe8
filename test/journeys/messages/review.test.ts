import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { inChromium, launchChromium } from '../../support/browser/chromium.ts'
import { openConsole, TWO_LOOKS } from '../../support/console/console-page.ts'
import { runDirectory, serveDirectory } from '../../support/directory/directory-process.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { startMailServer, withMailServer } from '../../support/mail/mail-server.ts'
import { freePort } from '../../support/processes/free-port.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

/**
 * A review waits for its owner. The mail server is down and the directory is killed in between. The mail comes once, and its link
 * opens the place where the review is answered.
 */

const whole = [inChromium, withMailServer].map((on) => on('a review by mail')).find((on) => on !== test) ?? test

let chromium: Browser | undefined
afterAll(() => chromium?.close())

whole(
  'an owner gets a mail about a review, answers by its link, and turns mail off',
  async () => {
    await using opened = new AsyncDisposableStack()
    const folder = opened.use(temporaryFolder()).path
    const port = await freePort()
    const settings = ['--messages-mail-host', '127.0.0.1', '--messages-mail-port', `${port}`]
    const serve = () => serveDirectory(folder, [...settings, '--messages-mail-from', 'surety@example.org'])
    const run = async (...args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await runDirectory([...args, '--data', folder])
      if (exitCode !== 0) throw new Error(`${args.join(' ')}: ${stderr}`)
      return stdout
    }
    const json = async (...args: readonly string[]) => JSON.parse(await run(...args, '--json'))
    const messages = async () =>
      (await json('messages', 'list')).messages as readonly { state: string; subject: string }[]
    const exec = (sql: string) =>
      waitFor('the directory to end its transaction', () => {
        using database = openDatabase(join(folder, 'directory.sqlite'), { busyTimeoutMs: 5_000 })
        database.exec(sql)
        return true
      })

    const first = opened.use(await serve())
    await run('people', 'add', 'ada', '--email', 'ada@example.org')
    await run('registrations', 'create', 'nightly', '--purpose', 'builds', '--product', 'codex', '--owner', 'ada')
    await run('registrations', 'activate', 'nightly', '--reason', 'journey')
    await run('reviews', 'start', 'first quarter', '--all', '--silence', 'suspend', '--due', '21d')
    // The time of the digest, which a test does not wait for.
    await exec('UPDATE message_digest SET done_at = 0')
    await waitFor('the message, which waits', messages, { until: (found) => found.length === 1 })
    first.kill('SIGKILL')
    await first.ended

    const server = opened.use(await startMailServer({ port }))
    const second = opened.use(await serve())
    const [mail] = await waitFor('the mail', server.mails, { until: (mails) => mails.length > 0, everyMs: 200 })
    await waitFor('the message to be sent', messages, { until: ([one]) => one?.state === 'sent', everyMs: 200 })
    expect(await messages()).toMatchObject([{ subject: 'Surety: 1 review to answer', state: 'sent' }])
    expect(server.mails()).toHaveLength(1)
    expect(mail?.envelopeTo).toBe('ada@example.org')
    const link = mail?.html.match(/<li><a href="([^"]+)">([^<]+)</)
    expect(link?.[2]).toMatch(/^first quarter: is nightly still needed\? Answer until 20/)

    const { link: invitation } = await json('people', 'invite', 'ada')
    chromium = await launchChromium()
    await using console = await openConsole(chromium, invitation)
    const { page } = console
    expect(new URL(link?.[1] ?? '').origin).toBe(new URL(second.console).origin)
    await page.goto(link?.[1] ?? '')
    await console.settle()
    await page.getByText('Is “nightly” still needed?').waitFor()
    await page.getByRole('button', { name: 'Keep it' }).click()
    await page.getByText('Nothing waits for you').waitFor()
    const { answers } = (await json('reviews', 'list')).reviews[0]
    expect(answers).toMatchObject({ keep: 1, silent: 0 })

    await console.open('/settings')
    await page.getByText('To ada@example.org').waitFor()
    expect(await console.faults(TWO_LOOKS)).toEqual([])
    await page.getByLabel('Mail about what waits for you').click()
    await page.getByText('You get no mail.').waitFor()
    expect(await json('events', 'list', '--kind', 'messages-turned-off')).toMatchObject({
      events: [{ actorName: 'ada' }],
    })
  },
  scaledMs(180_000),
)
