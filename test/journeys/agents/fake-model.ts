/**
 * A model on loopback that speaks to real agents in the dialect that each expects, as far as they need it: the first
 * turn of a conversation asks for one shell command, later turns say `done`.
 *
 * `node fake-model.ts COMMAND [NAME…]` prints the port that it listens on and ends with its standard input. The first folder of
 * a path names who asks. Some agents come back while their command still runs: that is not answered before a line of
 * standard input names them. Those named after the command end it themselves after a while: they are asked for it again.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'

type Json = Readonly<Record<string, unknown>>

/** What one request asks, whatever the dialect. */
interface Turn {
  readonly model: string
  readonly streams: boolean
  /** Name and schema of the parameters of each tool that is offered. */
  readonly tools: ReadonlyMap<string, Json>
  /** The conversation already holds the result of a tool. */
  readonly hasResult: boolean
}

/** What the model says: text, or a call of one tool. */
type Said = { readonly text: string } | { readonly tool: string; readonly parameters: Json }

interface Dialect {
  readonly path: RegExp
  readonly read: (body: Json, url: string) => Turn
  readonly answer: (turn: Turn, said: Said, response: ServerResponse) => void
}

const MAX_BODY_BYTES = 16 * 1024 * 1024
const SHELL_TOOL = /^(bash|shell|exec|exec_command|execute_command|run_commands|run_shell_command|shell_command)$/i

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : []
}

function toolsOf(list: readonly (readonly [name: unknown, schema: unknown])[]): ReadonlyMap<string, Json> {
  return new Map(
    list.flatMap(([name, schema]) => (typeof name === 'string' ? [[name, asObject(schema)] as const] : [])),
  )
}

/** A title, a summary or a topic is asked for without tools: that gets text. */
function say(turn: Turn, command: string): Said {
  const tool = [...turn.tools.keys()].find((name) => SHELL_TOOL.test(name))
  if (tool === undefined || turn.hasResult) return { text: 'done' }
  return { tool, parameters: parametersFor(asObject(turn.tools.get(tool)?.properties), turn.tools.get(tool), command) }
}

/** Fills what the tool's schema asks for: the command where one goes, something of the right type elsewhere. */
function parametersFor(properties: Json, schema: Json | undefined, command: string): Json {
  const required = Array.isArray(schema?.required) ? schema.required.map(String) : []
  const filled: Record<string, unknown> = {}
  for (const [name, wanted] of Object.entries(properties)) {
    const type = asObject(wanted).type
    if (/^(command|cmd|script)$/.test(name)) filled[name] = type === 'array' ? ['bash', '-c', command] : command
    else if (name === 'commands') filled[name] = type === 'string' ? command : [command]
    else if (required.includes(name)) filled[name] = ofType(type)
  }
  return filled
}

function ofType(type: unknown): unknown {
  if (type === 'boolean') return false
  if (type === 'number' || type === 'integer') return 600_000
  if (type === 'array') return []
  if (type === 'object') return {}
  return 'run it'
}

function sendJson(response: ServerResponse, body: Json, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** Server-sent events; one that is named says its name twice, as these dialects do. */
function sendEvents(response: ServerResponse, events: readonly (Json | string)[], named: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) {
    const data = typeof event === 'string' ? event : JSON.stringify(event)
    response.write(`${named && typeof event !== 'string' ? `event: ${String(event.type)}\n` : ''}data: ${data}\n\n`)
  }
  response.end()
}

const anthropic: Dialect = {
  path: /\/messages(\?|$)/,
  read: (body) => ({
    model: String(body.model),
    streams: body.stream === true,
    tools: toolsOf(asList(body.tools).map(({ name, input_schema }) => [name, input_schema])),
    hasResult: JSON.stringify(body.messages ?? []).includes('"tool_result"'),
  }),
  answer({ model, streams }, said, response) {
    const called = 'tool' in said
    const block = called
      ? { type: 'tool_use', id: 'toolu_1', name: said.tool, input: said.parameters }
      : { type: 'text', text: said.text }
    const message = {
      ...{ id: 'msg_1', type: 'message', role: 'assistant', model, stop_sequence: null },
      usage: { input_tokens: 10, output_tokens: 5 },
    }
    const stop_reason = called ? 'tool_use' : 'end_turn'
    if (!streams) return sendJson(response, { ...message, content: [block], stop_reason })
    const start = called ? { ...block, input: {} } : { ...block, text: '' }
    const delta = called
      ? { type: 'input_json_delta', partial_json: JSON.stringify(said.parameters) }
      : { type: 'text_delta', text: said.text }
    sendEvents(
      response,
      [
        { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
        { type: 'content_block_start', index: 0, content_block: start },
        { type: 'content_block_delta', index: 0, delta },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } },
        { type: 'message_stop' },
      ],
      true,
    )
  },
}

const chatCompletions: Dialect = {
  path: /\/chat\/completions(\?|$)/,
  read: (body) => ({
    model: String(body.model),
    streams: body.stream === true,
    tools: toolsOf(
      asList(body.tools).map((tool) => [asObject(tool.function).name, asObject(tool.function).parameters]),
    ),
    hasResult: asList(body.messages).some(({ role }) => role === 'tool'),
  }),
  answer({ model, streams }, said, response) {
    const called = 'tool' in said
    const call = called ? { name: said.tool, arguments: JSON.stringify(said.parameters) } : undefined
    const message = called
      ? {
          role: 'assistant',
          content: null,
          tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: call }],
        }
      : { role: 'assistant', content: said.text }
    const common = {
      id: 'chat_1',
      created: 1,
      model,
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    }
    const finish_reason = called ? 'tool_calls' : 'stop'
    if (!streams)
      return sendJson(response, {
        ...{ ...common, object: 'chat.completion' },
        choices: [{ index: 0, message, finish_reason }],
      })
    const chunk = { ...common, object: 'chat.completion.chunk' }
    sendEvents(
      response,
      [
        { ...chunk, usage: null, choices: [{ index: 0, delta: message, finish_reason: null }] },
        { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }] },
        '[DONE]',
      ],
      false,
    )
  },
}

const responses: Dialect = {
  path: /\/responses(\?|$)/,
  read: (body) => ({
    model: String(body.model),
    streams: body.stream === true,
    tools: toolsOf(asList(body.tools).map(({ name, parameters }) => [name, parameters])),
    hasResult: JSON.stringify(body.input ?? []).includes('"function_call_output"'),
  }),
  answer({ model, streams }, said, response) {
    const item =
      'tool' in said
        ? {
            ...{ type: 'function_call', id: 'fc_1', call_id: 'call_1', status: 'completed' },
            ...{ name: said.tool, arguments: JSON.stringify(said.parameters) },
          }
        : {
            ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
            content: [{ type: 'output_text', text: said.text, annotations: [] }],
          }
    const usage = {
      ...{ input_tokens: 1, output_tokens: 1, total_tokens: 2 },
      ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
    }
    const started = { id: 'resp_1', object: 'response', created_at: 1, status: 'in_progress', model, output: [] }
    const completed = { ...started, status: 'completed', output: [item], usage }
    if (!streams) return sendJson(response, completed)
    sendEvents(
      response,
      [
        { type: 'response.created', response: started },
        { type: 'response.output_item.added', output_index: 0, item },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response: completed },
      ],
      true,
    )
  },
}

const gemini: Dialect = {
  path: /:(streamGenerateContent|generateContent)/,
  read(body, url) {
    const declared = asList(body.tools).flatMap((tool) => asList(tool.functionDeclarations))
    return {
      model: 'gemini',
      streams: url.includes(':streamGenerateContent'),
      tools: toolsOf(declared.map((each) => [each.name, each.parametersJsonSchema ?? each.parameters])),
      hasResult: JSON.stringify(body.contents ?? []).includes('"functionResponse"'),
    }
  },
  answer({ streams }, said, response) {
    const part = 'tool' in said ? { functionCall: { name: said.tool, args: said.parameters } } : { text: said.text }
    const body = {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    }
    if (streams) sendEvents(response, [body], false)
    else sendJson(response, body)
  },
}

const DIALECTS: readonly Dialect[] = [anthropic, chatCompletions, responses, gemini]

async function readBody(request: IncomingMessage): Promise<Json> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_BODY_BYTES) return {}
  }
  try {
    return asObject(JSON.parse(text))
  } catch {
    return {}
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, command: string): Promise<void> {
  const url = request.url ?? ''
  const body = await readBody(request)
  if (url.includes('count_tokens')) return sendJson(response, { input_tokens: 10 })
  const dialect = DIALECTS.find(({ path }) => path.test(url))
  if (dialect !== undefined) {
    const turn = dialect.read(body, url)
    const name = url.split('/')[1] ?? ''
    const again = turn.hasResult && impatient.includes(name) && !free.has(name)
    if (turn.hasResult && !again) await released(name)
    const asked = again ? anew(name, command) : command
    return dialect.answer(turn, say({ ...turn, hasResult: turn.hasResult && !again }, asked), response)
  }
  if (/\/models(\?|$)/.test(url)) {
    return sendJson(response, { object: 'list', data: [{ id: 'fake', object: 'model', owned_by: 'test' }] })
  }
  sendJson(response, { error: { message: 'not found' } }, 404)
}

const [command = 'true', ...impatient] = process.argv.slice(2)
const free = new Set<string>()
const releases = new EventTarget()
/** How often each was asked for its command again. */
const repeats = new Map<string, number>()

/** The same to the shell, and to those who give up on a model that says the same again and again another text. */
function anew(name: string, command: string): string {
  const times = (repeats.get(name) ?? 0) + 1
  repeats.set(name, times)
  return command + ' '.repeat(times)
}

async function released(name: string): Promise<void> {
  if (!free.has(name)) await once(releases, name)
}

const server = createServer((request, response) => {
  answer(request, response, command).catch(() => response.destroy())
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`${typeof address === 'object' && address !== null ? address.port : 0}\n`)
})
createInterface({ input: process.stdin })
  .on('line', (name) => {
    free.add(name)
    releases.dispatchEvent(new Event(name))
  })
  .on('close', () => process.exit(0))
