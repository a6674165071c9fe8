import { parse } from 'smol-toml'
import type { ClientFile, HookSettings } from '../../../src/hooks/clients/client-file.ts'
import { codex } from '../../../src/hooks/clients/codex.ts'
import { chosenClients, hookSettings } from '../../../src/hooks/hook-files.ts'
import { HOOK_CLIENTS } from '../../../src/protocol/gate/hook-clients.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const { files, withoutFile } = chosenClients([])
const LINUX = hookSettings('linux', false)
const PROGRAM = LINUX.program

const document = async ({ client, render }: ClientFile, settings: HookSettings) => {
  const text = await render(undefined, settings)
  return client === 'codex' ? JSON.parse(JSON.stringify(parse(text))) : JSON.parse(text)
}

test('each client has a file, or a reason why not', () => {
  expect([...files, ...withoutFile].map(({ client }) => client).toSorted()).toEqual([...HOOK_CLIENTS])
  expect(withoutFile.map(({ client }) => client)).toEqual(['opencode', 'vscode'])
})

test('the files lie where only administrators write', () => {
  for (const { places } of files) {
    expect(places.linux).toMatch(/^\/etc\/[^/]+\//)
    expect(places.darwin).toMatch(/^(?:\/etc|\/Library\/Application Support)\//)
    expect(places.windows).toMatch(/^C:\\Program(?:Data| Files)\\[^/]+$/)
  }
})

test('what each client reads, in its own terms', async () => {
  const read = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.client, await document(file, LINUX)] as const)),
  )
  const cursorHook = { command: `${PROGRAM} cursor`, failClosed: true, timeout: 300 }
  const windsurfHook = { command: `${PROGRAM} windsurf`, show_output: true }
  expect(read).toEqual({
    'claude-code': {
      hooks: {
        PreToolUse: [
          {
            matcher: '*',
            hooks: [
              {
                type: 'command',
                command: PROGRAM,
                args: ['claude-code'],
                timeout: 300,
                onFailure: 'block',
                statusMessage: 'Asking Surety',
              },
            ],
          },
        ],
      },
    },
    codex: {
      features: { hooks: true },
      hooks: {
        managed_dir: '/usr/lib/surety/suretyd',
        PreToolUse: [
          {
            matcher: '.*',
            hooks: [{ type: 'command', command: `${PROGRAM} codex`, timeout: 300, statusMessage: 'Asking Surety' }],
          },
        ],
      },
    },
    'copilot-cli': {
      version: 1,
      hooks: { preToolUse: [{ type: 'command', exec: PROGRAM, args: ['copilot-cli'], timeoutSec: 300 }] },
    },
    cursor: {
      version: 1,
      hooks: {
        beforeShellExecution: [cursorHook],
        beforeMCPExecution: [cursorHook],
        preToolUse: [{ ...cursorHook, matcher: 'Write|Read|Task' }],
      },
    },
    'gemini-cli': {
      hooks: {
        BeforeTool: [
          {
            matcher: '.*',
            hooks: [{ name: 'surety', type: 'command', command: `${PROGRAM} gemini-cli`, timeout: 300_000 }],
          },
        ],
      },
    },
    windsurf: {
      hooks: Object.fromEntries(
        ['pre_run_command', 'pre_write_code', 'pre_read_code', 'pre_mcp_tool_use'].map((event) => [
          event,
          [windsurfHook],
        ]),
      ),
    },
  })
})

test('only the clients that can refuse the hooks of users do so', async () => {
  const settings = hookSettings('linux', true)
  const texts = await Promise.all(
    files.map(async ({ client, render }) => [client, await render(undefined, settings)] as const),
  )
  const managed = texts.filter(([, text]) => /allow_?managed_?hooks_?only"?\s*[:=]\s*true/i.test(text))
  expect(managed.map(([client]) => client)).toEqual(['claude-code', 'codex'])
  expect(files.filter(({ hasOnlyManaged }) => hasOnlyManaged).map(({ client }) => client)).toEqual([
    'claude-code',
    'codex',
  ])
})

test('a path with blanks is one word on Windows', async () => {
  const settings = hookSettings('windows', false)
  const shown = JSON.stringify(await Promise.all(files.map((file) => document(file, settings))))
  const texts = shown.match(/"(?:[^"\\]|\\.)*surety-hook(?:[^"\\]|\\.)*"/g)?.map((text) => JSON.parse(text)) ?? []
  const program = 'C:\\Program Files\\Surety\\suretyd\\surety-hook.exe'
  for (const text of texts) expect(text).toMatch(/^(?:C:.*\.exe|"C:.*\.exe" [a-z-]+)$/)
  expect(texts).toContain(program)
  expect(texts).toContain(`"${program}" codex`)
  expect((await document(codex, settings)).hooks.windows_managed_dir).toBe('C:\\Program Files\\Surety\\suretyd')
})

test('each file that was written is found to be whole', async () => {
  for (const onlyManaged of [false, true]) {
    const settings = hookSettings('linux', onlyManaged)
    for (const { render } of files) {
      const text = await render(undefined, settings)
      expect(await render(text, settings)).toBe(text)
    }
  }
})

describe('requirements.toml of Codex', () => {
  const render = (text: string, onlyManaged = false) => codex.render(text, hookSettings('linux', onlyManaged))

  test.each([
    ['', {}],
    ['# a comment without a line end', {}],
    ['allowed_sandbox_modes = ["read-only"]\r\n', { allowed_sandbox_modes: ['read-only'] }],
    ['[rules]\nprefix_rules = []', { rules: { prefix_rules: [] } }],
    ['[features]\nhooks = true\nother = false\n', { features: { hooks: true, other: false } }],
    ['features.hooks = true\n', { features: { hooks: true } }],
    ['\ufeffa = 1\n', { a: 1 }],
    ['[[mcp_servers]]\nname = "x"\n', { mcp_servers: [{ name: 'x' }] }],
  ])('keeps %j', async (text, kept) => {
    for (const onlyManaged of [false, true]) {
      const whole = await render(text, onlyManaged)
      expect(whole).toContain(text.replace('\ufeff', ''))
      const top = onlyManaged ? { allow_managed_hooks_only: true } : {}
      expect(JSON.parse(JSON.stringify(parse(whole)))).toMatchObject({ ...kept, ...top, features: { hooks: true } })
      expect(await render(whole, onlyManaged)).toBe(whole)
      if (text.includes('\r\n')) expect(whole.replaceAll('\r\n', '')).not.toContain('\n')
    }
  })

  test.each([
    ['[hooks]\n', 'CONFLICT'],
    ['[hooks]\nmanaged_dir = "/opt/theirs"\n', 'CONFLICT'],
    ['hooks.PreToolUse = []\n', 'CONFLICT'],
    ['hooks = 1\n', 'CONFLICT'],
    ['[[hooks.Stop]]\nmatcher = "x"\n', 'CONFLICT'],
    ['[features]\n', 'CONFLICT'],
    ['[features]\nhooks = false\n', 'CONFLICT'],
    ['features = 1\n', 'CONFLICT'],
    ['features = { other = true }\n', 'CONFLICT'],
    ['a = \n', 'INPUT_MALFORMED'],
    ['a = 1\na = 2\n', 'INPUT_MALFORMED'],
    ['{"hooks": {}}', 'INPUT_MALFORMED'],
    ['[features\n', 'INPUT_MALFORMED'],
    ['a = "never ends', 'INPUT_MALFORMED'],
    [`a = ${'['.repeat(1000)}`, 'INPUT_TOO_DEEP'],
  ] as const)('refuses %j', async (text, code) => {
    expect(await codeThrown(() => render(text))).toBe(code)
  })

  test('refuses a file that allows other hooks, when only managed ones are to run', async () => {
    expect(await codeThrown(() => render('allow_managed_hooks_only = false\n', true))).toBe('CONFLICT')
    expect(await render('allow_managed_hooks_only = false\n')).toContain('[[hooks.PreToolUse]]')
  })
})
