import { join } from 'node:path'
import { startProgram } from '../../src/system/program/command.ts'

/** Ends process groups if this process is killed: SIGKILL leaves it no time to. A service manager does this for the programs themselves. */
export interface Guardian extends AsyncDisposable {
  /** @param pid the leader of a process group. */
  watch(pid: number): void
}

export async function startGuardian(): Promise<Guardian> {
  const program = await startProgram({
    path: process.execPath,
    args: [join(import.meta.dirname, 'guardian.ts')],
    stdin: 'pipe',
  })
  return {
    watch: (pid) => void program.stdin?.write(`${pid}\n`),
    async [Symbol.asyncDispose]() {
      program.stdin?.end('released\n')
      await program.exit
    },
  }
}
