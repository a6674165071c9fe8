import { createHash } from 'node:crypto'
import { Type } from '../../base/schema.ts'
import { problemSchema } from '../../protocol/noun/answers.ts'
import { PERMISSIONS } from '../../protocol/noun/permissions.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { HttpSurface } from '../http/surface.ts'
import { exampleOf, type JsonSchema, type Line, membersOf, shapeOf } from './shape.ts'
import { STYLE } from './style.ts'

/** All routes of a surface on one page for people: what OpenAPI says of them, without a script. */

/** Nothing is loaded and no script runs. A browser may not even ask for an icon. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    ...['base-uri', 'form-action', 'frame-ancestors'].map((directive) => `${directive} 'none'`),
  ].join('; '),
}

/** `GET /docs`. It needs no token: it says what the OpenAPI document says. */
export function apiPageRoute(surface: Pick<HttpSurface, 'base' | 'routes' | 'description'>): Route {
  let body: string | undefined
  return route({
    method: 'GET',
    path: '/docs',
    operationId: 'getApiPage',
    summary: 'The description of the API as a page for people',
    response: Type.String(),
    open: true,
    answer() {
      body ??= `<!doctype html>\n${apiPage(surface).text}`
      return new Reply({ status: 200, headers: HEADERS, body })
    },
  })
}

function apiPage({ base, routes, description }: Pick<HttpSurface, 'base' | 'routes' | 'description'>): Html {
  const { title = '', version = '', text = '', bearer } = description ?? {}
  const rooms = Object.entries(Object.groupBy(routes, ({ room = 'other' }) => room))
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: API</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<nav aria-label="Operations">${rooms.map(([room, all = []]) => contents(room, all))}</nav>
<main>
<h1>${title}: API</h1>
<p>Version ${version}. <a href="${base}/openapi.json">openapi.json</a> has the same for programs (OpenAPI 3.1). The search of the browser finds every word of this page.</p>
<p>${text}</p>
<p>Paths begin with <code>${base}</code>. A request has the header <code>Authorization: Bearer …</code>: ${bearer?.text ?? ''}</p>
<p><code>name?</code> may be absent. A <code>time</code> is an integer: milliseconds since 1970. In the examples, <code>…</code> is yours to fill in.</p>
<details><summary>Every refusal: application/problem+json</summary>${lines(shapeOf(problemSchema, { limits: false }))}</details>
${rooms.map(([room, all = []]) => html`<section>\n<h2 id="${room}">${capital(room)}</h2>\n${all.map((one) => operation(one, base))}</section>\n`)}</main>
</body>
</html>
`
}

function contents(room: string, routes: readonly Route[]): Html {
  const items = routes.map(
    ({ method, path, operationId }) => html`<li><a href="#${operationId}">${method} ${path}</a></li>\n`,
  )
  return html`<a href="#${room}">${capital(room)}</a>\n<ul>\n${items}</ul>\n`
}

function operation(one: Route, base: string): Html {
  const { method, path, operationId, summary, action, commands = [], params, query, body, response } = one
  const roles = action === undefined ? 'none: it needs no token' : PERMISSIONS[action].join(', ')
  const shownCommands = commands.map((command) => html`<pre>surety-directory ${command}</pre>`)
  const answer = `Answer: ${one.status}, ${one.contentType ?? 'application/json'}`
  return html`<article id="${operationId}">
<h3><a href="#${operationId}"><b>${method}</b> ${path}</a></h3>
<p>${summary}</p>
<p>Roles: ${roles}${one.creates === true ? html`. Takes <code>Idempotency-Key</code>` : ''}</p>
${part('Command', commands.length === 0 ? undefined : html`${shownCommands}`)}
${part('In the path', parameters(params))}
${part('In the query', parameters(query))}
${part('Body', body === undefined ? undefined : lines(shapeOf(body, { limits: true })))}
${part('Example', body === undefined ? undefined : exampleRequest(one, `${base}${path}`, body))}
<details><summary>${answer}</summary>${lines(shapeOf(response, { limits: false }))}</details>
</article>
`
}

function part(heading: string, content: Html | undefined): Html {
  return content === undefined ? html`` : html`<h4>${heading}</h4>${content}`
}

function parameters(schema: JsonSchema | undefined): Html | undefined {
  return schema === undefined ? undefined : lines(membersOf(schema, { limits: true }))
}

function lines(shape: readonly Line[]): Html {
  const shown = shape.map(({ text, note }) => html`${text}${note === '' ? '' : html`  <i>// ${note}</i>`}\n`)
  return html`<pre>${shown}</pre>`
}

function exampleRequest({ method, creates }: Route, path: string, body: JsonSchema): Html {
  const key = creates === true ? 'Idempotency-Key: …\n' : ''
  const json = JSON.stringify(exampleOf(body), null, 2)
  return html`<pre>${method} ${path}\nAuthorization: Bearer …\nContent-Type: application/json\n${key}\n${json}</pre>`
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/** Text that is HTML already. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Value = string | number | Html | readonly Html[]

/** A template whose values become text. Only `Html` stays as it is. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(written)))
}

function written(value: Value): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
