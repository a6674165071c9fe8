import { scaledMs } from '../support/machine-speed.ts'
import { freePort } from '../support/processes/free-port.ts'
import { paste, shellBlocksOf } from './pasted-shell.ts'

/** The shell blocks of documents that need no machine of their own. */

test(
  'docs/quick-start.md: every shell block runs, on a real directory and daemon',
  async () => {
    const blocks = shellBlocksOf('docs/quick-start.md')
    expect(blocks).toHaveLength(7)
    const { exitCode, stdout, stderr, begun, logs } = await paste(blocks, {
      environment: {
        SURETY_DIRECTORY_DEVICES_PORT: `${await freePort()}`,
        SURETY_DIRECTORY_API_PORT: `${await freePort()}`,
        // A question to apt takes seconds of a core.
        SURETYD_POSTURE_SKIP: 'os.security-updates',
      },
    })
    // Compared together, so that a failure shows the logs.
    expect({ exitCode, stderr, logs: exitCode === 0 ? {} : logs, begun }).toEqual({
      ...{ exitCode: 0, stderr: expect.any(String), logs: {} },
      begun: blocks.map((_, at) => at + 1),
    })
    expect(stdout).toMatch(/ada@example\.org/)
    expect(stdout).toMatch(/\nVERIFIED\n/)
    expect(logs.directory).toMatch(/the directory ends/)
  },
  scaledMs(180_000),
)

test('docs/json.md: every shell block runs', async () => {
  const { exitCode, stdout } = await paste(shellBlocksOf('docs/json.md'))
  expect({ exitCode, schemas: stdout.includes('"title": "surety/status@1"') }).toEqual({ exitCode: 0, schemas: true })
})
