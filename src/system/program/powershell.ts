import { SuretyError } from '../../base/errors.ts'
import { runWindowsProgram } from './command.ts'

/** Windows PowerShell 5.1, which every Windows has. For what neither the registry nor COM tells. */
export interface PowerShell {
  /**
   * @param script a constant of ours.
   * @returns what it printed, without the lines that we add; never empty.
   * @throws as `CommandRunner.run`; `COMMAND_FAILED` when it failed, printed nothing, or printed no whole UTF-8 text.
   */
  run(script: string, options: { readonly signal: AbortSignal; readonly timeoutMs: number }): Promise<string>
}

export interface PowerShellInit {
  /** The folder of Windows, such as `C:\\Windows`. */
  readonly systemRoot: string
}

/** Only administrators may write there. */
const FOLDER = 'System32\\WindowsPowerShell\\v1.0'
/** The last line. Without it, the output was cut. */
const END = 'surety: end of output'
const MOST_BYTES = 1024 * 1024

export function powerShell({ systemRoot }: PowerShellInit): PowerShell {
  const folder = `${systemRoot}\\${FOLDER}`
  const system = `${systemRoot}\\System32`
  return {
    async run(script, { signal, timeoutMs }) {
      const { exitCode, stdout } = await runWindowsProgram(
        {
          name: 'powershell',
          path: `${folder}\\powershell.exe`,
          args: ['-NoProfile', '-NonInteractive', '-NoLogo', '-ExecutionPolicy', 'Bypass', '-Command', wrapped(script)],
          // No module of a user is loaded.
          env: { SystemRoot: systemRoot, windir: systemRoot, PATH: system, PSModulePath: `${folder}\\Modules` },
        },
        { signal, timeoutMs, maxOutputBytes: MOST_BYTES },
      )
      if (exitCode !== 0) throw new SuretyError('COMMAND_FAILED', `powershell ended with ${exitCode}`)
      return contentOf(stdout)
    },
  }
}

/** The code page of the console is that of the system's language otherwise. */
function wrapped(script: string): string {
  return [
    "$ErrorActionPreference = 'Stop'",
    '[Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false',
    script,
    `'${END}'`,
  ].join('; ')
}

function contentOf(stdout: Uint8Array): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(stdout)
  } catch (cause) {
    throw new SuretyError('COMMAND_FAILED', 'powershell printed no UTF-8', { cause })
  }
  // Ill-formed as ours is: UTF-16 without a mark decodes as text with NUL between its letters.
  if (text.includes('\0')) throw new SuretyError('COMMAND_FAILED', 'powershell printed no UTF-8')
  const lines = text.trimEnd().split(/\r?\n/)
  if (lines.pop() !== END) throw new SuretyError('COMMAND_FAILED', 'the output of powershell is not whole')
  const content = lines.join('\n').trim()
  if (content === '') throw new SuretyError('COMMAND_FAILED', 'powershell printed nothing')
  return content
}
