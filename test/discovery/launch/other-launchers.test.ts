import { readLaunch } from '../../../src/discovery/launch/launch.ts'

const read = (line: string) => {
  const [command, ...args] = line.split(' ')
  const { command: told, package: spec, runs, unpinned } = readLaunch({ command, args }, 'key')
  return [told, spec ?? runs?.name, unpinned]
}

/** As nuget.org writes them for MCP servers. */
test.each<[string, string | undefined, boolean]>([
  ['dnx NuGet.Mcp.Server@1.4.3 --yes', 'NuGet.Mcp.Server', false],
  ['dnx NuGet.Mcp.Server --yes', 'NuGet.Mcp.Server', true],
  ['dnx NuGet.Mcp.Server --version 1.4.3 --yes -- --verbose', 'NuGet.Mcp.Server', false],
  ['dnx NuGet.Mcp.Server --version=1.4.3-beta.1', 'NuGet.Mcp.Server', false],
  ['dnx --yes --prerelease NuGet.Mcp.Server -- --version 1.4.3', 'NuGet.Mcp.Server', true],
  ['dnx NuGet.Mcp.Server@1.* --yes', 'NuGet.Mcp.Server', true],
  ['dnx NuGet.Mcp.Server@1.4.3 --yes --add-source https://feed.example/v3', 'NuGet.Mcp.Server', true],
  ['dnx --verbosity quiet NuGet.Mcp.Server@1.4.3', 'NuGet.Mcp.Server', false],
  ['dotnet dnx NuGet.Mcp.Server --yes', 'NuGet.Mcp.Server', true],
  ['dotnet tool exec NuGet.Mcp.Server@1.4.3', 'NuGet.Mcp.Server', false],
  ['dnx', undefined, false],
  ['dnx $TOOL --yes', undefined, true],
  ['dotnet tool run mine', undefined, false],
  ['dotnet /srv/mine.dll', 'mine.dll', false],
  ['dotnet run --project /srv/mine', undefined, false],
])('%s', (line, name, unpinned) => {
  expect(read(line)).toEqual([line.split(' ')[0], name, unpinned])
})

const REV = '0123456789abcdef0123456789abcdef01234567'

test.each<[string, string | undefined, boolean]>([
  ['nix run github:acme/mcp', 'github.com/acme/mcp', true],
  ['nix run github:acme/mcp/main#server -- --stdio', 'github.com/acme/mcp', true],
  [`nix run github:acme/mcp/${REV}#server`, 'github.com/acme/mcp', false],
  [`nix run git+https://git.example/a/b?rev=${REV}`, 'git.example', false],
  ['nix run git+https://git.example/a/b?ref=main', 'git.example', true],
  ['nix --extra-experimental-features flakes run nixpkgs#mcp', undefined, true],
  ['nix run .#mcp', undefined, false],
  ['nix run /srv/flake', undefined, false],
  ['nix develop', undefined, false],
])('%s', (line, name, unpinned) => {
  expect(read(line)).toEqual(['nix', name, unpinned])
})

test('does not report a name that could be a secret', () => {
  expect(read('dnx ghp_abcdefghijklmnopqrstuvwxyz0123456789')).toEqual(['dnx', undefined, true])
})
