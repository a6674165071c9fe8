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
import { asObject, DIALECTS, type Json, type Said, sendJson, type Turn } from './model-dialects.ts'

const MAX_BODY_BYTES = 16 * 1024 * 1024
const SHELL_TOOL = /^(bash|shell|exec|exec_command|execute_command|run_commands|run_shell_command|shell_command)$/i

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
