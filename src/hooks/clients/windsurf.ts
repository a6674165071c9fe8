import { type ClientFile, commandLine } from './client-file.ts'
import { mergeJsonHooks } from './merge-json.ts'

/** docs.windsurf.com, Cascade hooks. It has no setting for time. A refusal is shown to the user by `show_output`. */

const EVENTS = ['pre_run_command', 'pre_write_code', 'pre_read_code', 'pre_mcp_tool_use']

export const windsurf: ClientFile = {
  client: 'windsurf',
  places: {
    linux: '/etc/windsurf/hooks.json',
    darwin: '/Library/Application Support/Windsurf/hooks.json',
    windows: 'C:\\ProgramData\\Windsurf\\hooks.json',
  },
  isOwn: false,
  hasOnlyManaged: false,
  async render(existing, settings) {
    const hook = { command: commandLine(settings, 'windsurf'), show_output: true }
    return mergeJsonHooks(existing, {
      members: {},
      events: Object.fromEntries(EVENTS.map((event) => [event, hook])),
      comments: false,
    })
  },
}
