import type { Sighting } from '../protocol/sighting.ts'
import { titleOf } from './sighting-rows.ts'

/** Each risk of a sighting as a sentence with a way out. All text is foreign. */
export function riskSentences(sighting: Sighting): readonly string[] {
  switch (sighting.kind) {
    case 'mcp-server':
      return mcpServerSentences(sighting)
    case 'agent-file':
      return [
        ...(sighting.invisibleUnicode
          ? [
              `${sighting.path} has invisible characters that an agent reads and a person does not see: look at it with "cat -v", and remove them or the file.`,
            ]
          : []),
        ...(sighting.writableByOthers
          ? [`Other users can change ${sighting.path} and so what the agent does: run chmod go-w on it.`]
          : []),
      ]
    case 'model-runtime':
      return sighting.listens.some(({ loopback }) => !loopback)
        ? [
            `Other machines can use ${titleOf(sighting)}: set it to listen on 127.0.0.1, or close its port in the firewall.`,
          ]
        : []
    case 'agent':
      return sighting.autonomy?.level === 'autonomous'
        ? [`${titleOf(sighting)} acts without asking: start it without this mode, or use it only in a container.`]
        : []
    case 'extension':
      return sighting.broadHosts && sighting.ai
        ? [`${titleOf(sighting)} can read every site you open: limit it to the sites that need it, or remove it.`]
        : []
    default:
      return sighting satisfies never
  }
}

function mcpServerSentences(server: Extract<Sighting, { kind: 'mcp-server' }>): readonly string[] {
  const { configuration, environment } = server
  const name = titleOf(server)
  const only = environment.length === 1 ? `The value of ${environment[0]}` : 'A token or password'
  return [
    ...(server.plaintextSecret
      ? [
          `${only} of ${name} is in clear text in ${configuration}: move it to a keyring or an environment variable, and then revoke the old one.`,
        ]
      : []),
    ...(server.writableByOthers
      ? [`Other users can change ${configuration} and so what ${name} starts: run chmod go-w on it.`]
      : []),
    ...(server.programWritableByOthers
      ? [`Other users can change the program of ${name}: install it where only you or root can write.`]
      : []),
    ...(server.cleartext ? [`${name} is reached without TLS: use its https address.`] : []),
    ...(server.shell
      ? [`${name} is started by a shell, which runs whatever its line says: start the program itself.`]
      : []),
    ...(server.unpinned
      ? [`${name} runs the newest version of its package each time: write a version, such as NAME@1.2.3.`]
      : []),
  ]
}
