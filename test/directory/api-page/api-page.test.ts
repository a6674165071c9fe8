import { createHash } from 'node:crypto'
import { API_BASE } from '../../../src/protocol/noun/answers.ts'
import { PERMISSIONS } from '../../../src/protocol/noun/permissions.ts'
import { type Answer, startTestDirectory, type TestDirectory } from '../../support/directory/directory-api.ts'

let directory: TestDirectory
let page: Answer
beforeAll(async () => {
  directory = await startTestDirectory()
  page = await directory.ask('GET', '/docs', { token: null })
})
afterAll(() => directory[Symbol.asyncDispose]())

const article = (operationId: string) =>
  unescaped(new RegExp(`<article id="${operationId}">(.*?)</article>`, 's').exec(page.text)?.[1] ?? '')

function unescaped(text: string): string {
  return text.replace(/<[^>]*>/g, '').replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

test('answers strangers with one page that a browser may only show', () => {
  expect({ status: page.status, type: page.headers['content-type'] }).toEqual({
    status: 200,
    type: 'text/html; charset=utf-8',
  })
  const styles = [...page.text.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style = '']) => style)
  const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`)
  expect(hashes).toHaveLength(1)
  expect(page.headers['content-security-policy']).toBe(
    `default-src 'none'; style-src ${hashes[0]}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  expect(page.text).not.toMatch(/<(script|link|img|iframe|form)|<[^>]* (style|src|on[a-z]+)=/i)
})

test('shows every operation with its roles, and its commands', () => {
  for (const { operationId, method, path, summary, action, commands = [] } of directory.routes) {
    const shown = article(operationId)
    expect(shown).toContain(`${method} ${path}\n${summary}\n`)
    expect(shown).toContain(`Roles: ${action === undefined ? 'none' : PERMISSIONS[action].join(', ')}`)
    for (const command of commands) expect(shown).toContain(`surety-directory ${command}`)
  }
  expect(page.text.match(/<article /g)).toHaveLength(directory.routes.length)
})

test('each link of the page leads to a place of it, or to the description', () => {
  const links = [...page.text.matchAll(/<a href="([^"]*)"/g)].map(([, link = '']) => link)
  const places = [...page.text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => `#${id}`)
  expect(new Set(places).size).toBe(places.length)
  expect(links.filter((link) => !places.includes(link))).toEqual([`${API_BASE}/openapi.json`])
})

test('shows body and answer as types, with what a type cannot say', () => {
  const shown = article('createStop')
  expect(shown).toContain('kind: "freeze" | "retire" | "drill"\n')
  expect(shown).toContain('device?: "dev_…"  // device id\n')
  expect(shown).toContain('reason: string  // 1 to 500 characters\n')
  expect(shown).toContain('until?: time\n')
  expect(shown).toContain('Answer: 201, application/json')
})

test('an example of a request has the members that are required, and the key', () => {
  expect(article('createStop')).toContain(
    [
      'POST /api/v1/stops',
      'Authorization: Bearer …',
      'Content-Type: application/json',
      'Idempotency-Key: …',
      '',
      JSON.stringify({ kind: 'freeze', selector: { all: true }, reason: '…' }, null, 2),
    ].join('\n'),
  )
  expect(article('confirmStop')).not.toContain('Idempotency-Key')
})

test('no other path below it is open', async () => {
  for (const path of ['/docs/', '/docs/index.html', '/docsx', '/api/v1/docs']) {
    expect({ path, status: (await directory.ask('GET', path, { token: null })).status }).toEqual({ path, status: 401 })
  }
  expect((await directory.ask('POST', '/docs', { token: null, body: {} })).status).toBe(401)
})
