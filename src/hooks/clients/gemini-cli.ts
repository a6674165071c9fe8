import { type ClientFile, commandLine } from './client-file.ts'
import { mergeJsonHooks } from './merge-json.ts'

/** gemini-cli, docs/hooks/reference.md and docs/cli/enterprise.md. Its settings may have comments. Its times are milliseconds. */
export const geminiCli: ClientFile = {
  client: 'gemini-cli',
  places: {
    linux: '/etc/gemini-cli/settings.json',
    darwin: '/Library/Application Support/GeminiCli/settings.json',
    windows: 'C:\\ProgramData\\gemini-cli\\settings.json',
  },
  isOwn: false,
  hasOnlyManaged: false,
  async render(existing, settings) {
    const hook = {
      name: 'surety',
      type: 'command',
      command: commandLine(settings, 'gemini-cli'),
      timeout: settings.seconds * 1000,
    }
    return mergeJsonHooks(existing, {
      members: {},
      events: { BeforeTool: { matcher: '.*', hooks: [hook] } },
      comments: true,
    })
  },
}
