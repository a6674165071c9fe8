import type { Examples } from '../command-line/program.ts'

/** For the commands that do not bring examples of their own. */
export const EXAMPLES: Examples = {
  agents: ['surety agents', 'surety agents --watch'],
  'agents show': ['surety agents show claude', 'surety agents show 4121 --json'],
  extensions: ['surety extensions', 'surety extensions --json'],
  'extensions show': ['surety extensions show "GitHub Copilot"', 'surety extensions show 1f2e --json'],
  mcp: ['surety mcp', 'surety mcp --watch'],
  'mcp show': ['surety mcp show github', 'surety mcp show 56b22ff6 --json'],
  runtimes: ['surety runtimes', 'surety runtimes --json'],
  'runtimes show': ['surety runtimes show ollama', 'surety runtimes show 9ab1 --json'],
  files: ['surety files', 'surety files --json'],
  'files show': ['surety files show CLAUDE.md', 'surety files show 77c0 --json'],
  refresh: ['sudo surety refresh', 'sudo surety refresh --json'],
  'config show': ['surety config show', 'surety config show --json'],
  version: ['surety version', 'surety version --json'],
}
