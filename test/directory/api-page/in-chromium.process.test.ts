import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { startTestDirectory } from '../../support/directory/directory-api.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const CHROMIUM = '/usr/bin/chromium'
const lacks = existsSync(CHROMIUM) ? undefined : `${CHROMIUM} is missing (apt-get install chromium)`
if (lacks !== undefined) process.stderr.write(`skipped: the page of the API in a browser: ${lacks}\n`)
const whole = lacks === undefined ? test : test.skip

/** The page as Chromium understood it, and what it refused. */
async function show(url: string, profile: string) {
  const flags = ['--headless', '--no-sandbox', '--ignore-certificate-errors', `--user-data-dir=${profile}`]
  const { stdout, stderr } = await promisify(execFile)(
    CHROMIUM,
    [...flags, '--enable-logging=stderr', '--dump-dom', url],
    { maxBuffer: 8 * 1024 * 1024, timeout: 60_000 },
  )
  return { dom: stdout, refused: stderr.split('\n').filter((line) => line.includes('Content Security Policy')) }
}

whole('Chromium shows the page, and its policy refuses nothing of it', async () => {
  await using directory = await startTestDirectory()
  using folder = temporaryFolder()
  const page = await show(`${directory.url}/docs`, join(folder.path, 'profile'))
  expect(page.refused).toEqual([])
  expect(page.dom.match(/<article /g)).toHaveLength(directory.routes.length)
  expect(page.dom).toContain('Surety directory: API')

  // What the page must not have is seen: the same policy, and another style.
  const { text, headers } = await directory.ask('GET', '/docs', { token: null })
  const policy = `<meta http-equiv="content-security-policy" content="${headers['content-security-policy']}">`
  const other = join(folder.path, 'other.html')
  writeFileSync(other, text.replace('<head>', `<head>${policy}`).replace('</style>', '/* other */</style>'))
  const { refused } = await show(pathToFileURL(other).href, join(folder.path, 'profile'))
  expect(refused.join('\n')).toContain('inline style')
})
