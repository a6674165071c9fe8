import type { ServerResponse } from 'node:http'

/** How a model is asked and answers, in each of the dialects that real agents speak, as far as they need it. */

export type Json = Readonly<Record<string, unknown>>

/** What one request asks, whatever the dialect. */
export interface Turn {
  readonly model: string
  readonly streams: boolean
  /** Name and schema of the parameters of each tool that is offered. */
  readonly tools: ReadonlyMap<string, Json>
  /** The conversation already holds the result of a tool. */
  readonly hasResult: boolean
}

/** What the model says: text, or a call of one tool. */
export type Said = { readonly text: string } | { readonly tool: string; readonly parameters: Json }

export interface Dialect {
  readonly path: RegExp
  readonly read: (body: Json, url: string) => Turn
  readonly answer: (turn: Turn, said: Said, response: ServerResponse) => void
}

export function asObject(value: unknown): Json {
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

export function sendJson(response: ServerResponse, body: Json, status = 200): void {
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
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      stop_sequence: null,
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
        ...common,
        object: 'chat.completion',
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
            type: 'function_call',
            id: 'fc_1',
            call_id: 'call_1',
            status: 'completed',
            name: said.tool,
            arguments: JSON.stringify(said.parameters),
          }
        : {
            type: 'message',
            id: 'msg_1',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: said.text, annotations: [] }],
          }
    const usage = {
      input_tokens: 1,
      output_tokens: 1,
      total_tokens: 2,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
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

export const DIALECTS: readonly Dialect[] = [anthropic, chatCompletions, responses, gemini]
