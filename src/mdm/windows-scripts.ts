import { VERSION } from '../base/version.ts'
import { ENROLMENT, WINDOWS } from './installed-names.ts'
import type { MdmValue, MdmValues } from './mdm-settings.ts'

/**
 * Scripts for Windows PowerShell 5.1. They hold ASCII alone, because that PowerShell reads files without a byte order mark in the code page of
 * the machine, and Intune refuses the mark.
 */

/** Agents of managements run as 32-bit programs, which see another registry. */
const REGISTRY = `$registry = [Microsoft.Win32.RegistryKey]::OpenBaseKey('LocalMachine', 'Registry64')`

const INSTALLED_VERSION = `$installed = $null
$product = $registry.OpenSubKey('${WINDOWS.productKey}')
if ($null -ne $product -and "$($product.GetValue('Version'))" -match '^\\d+\\.\\d+\\.\\d+') { $installed = [version]$Matches[0] }`

/** Where only administrators write. Intune collects what is beside its own logs. */
const logNamed = (name: string) => `$logs = Join-Path $env:ProgramData 'Microsoft\\IntuneManagementExtension\\Logs'
if (-not (Test-Path -LiteralPath $logs -PathType Container)) { $logs = Join-Path $env:SystemRoot 'Logs' }
$log = Join-Path $logs '${name}'`

const END = `if ($installer.ExitCode -notin 0, 1641, 3010) { Write-Output "msiexec ended with $($installer.ExitCode): see $log" }
exit $installer.ExitCode`

/** Exit code: that of msiexec. 0, 1641 and 3010 are success. */
export function installScript(): string {
  return script(`# Installs Surety without a question. Put ${WINDOWS.installer} beside this script, and the enrolment string in a file named
# "${ENROLMENT}" if the device is not enrolled. Arguments are properties of the package, such as TRAY=0.
$ErrorActionPreference = 'Stop'
$folder = Split-Path -Parent $MyInvocation.MyCommand.Path
$packages = @(Get-ChildItem -LiteralPath $folder -Filter '${WINDOWS.installer}')
if ($packages.Count -ne 1) {
    Write-Output "$($packages.Count) files beside this script are named ${WINDOWS.installer}: there must be one"
    exit 1619
}
$enrolment = Join-Path $folder '${ENROLMENT}'
$needed = $false
$surety = Join-Path $env:ProgramW6432 '${WINDOWS.command}'
if ((Test-Path -LiteralPath $enrolment -PathType Leaf) -and (Test-Path -LiteralPath $surety -PathType Leaf)) {
    $asked = Start-Process -FilePath $surety -ArgumentList 'status', '--json' -WindowStyle Hidden -Wait -PassThru
    # 3: not enrolled.
    $needed = $asked.ExitCode -eq 3
}
# A startup script runs at each start.
${REGISTRY}
${INSTALLED_VERSION}
if (-not $needed -and $packages[0].Name -match '^surety-(\\d+\\.\\d+\\.\\d+)' -and $null -ne $installed -and $installed -ge [version]$Matches[1]) {
    Write-Output "Surety $installed is installed"
    exit 0
}
${logNamed('surety-install.log')}
$arguments = @('/i', "\`"$($packages[0].FullName)\`"", '/qn', '/norestart', '/l*v', "\`"$log\`"")
foreach ($property in $args) {
    if ($property -cnotmatch '^[A-Z_]+=[^"]*$') {
        Write-Output "not a property of the package: $property"
        exit 1639
    }
    $name, $value = $property -split '=', 2
    $arguments += "$name=\`"$value\`""
}
if (Test-Path -LiteralPath $enrolment -PathType Leaf) {
    $arguments += "ENROLMENT_FILE=\`"$enrolment\`""
}
$msiexec = Join-Path $env:SystemRoot 'System32\\msiexec.exe'
$installer = Start-Process -FilePath $msiexec -ArgumentList $arguments -Wait -PassThru
${END}
`)
}

export function uninstallScript(): string {
  return script(`# Removes Surety. The state of the device stays, so that it need not enrol again.
$ErrorActionPreference = 'Stop'
${REGISTRY}
${logNamed('surety-uninstall.log')}
$uninstall = $registry.OpenSubKey('SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall')
foreach ($name in $uninstall.GetSubKeyNames()) {
    if ($name -notmatch '^\\{[0-9A-Fa-f-]{36}\\}$') { continue }
    if ($uninstall.OpenSubKey($name).GetValue('DisplayName') -ne 'Surety') { continue }
    $msiexec = Join-Path $env:SystemRoot 'System32\\msiexec.exe'
    $arguments = @('/x', $name, '/qn', '/norestart', '/l*v', "\`"$log\`"")
    $installer = Start-Process -FilePath $msiexec -ArgumentList $arguments -Wait -PassThru
${END.replaceAll(/^/gm, '    ')}
}
Write-Output 'Surety is not installed'
exit 0
`)
}

/** For a detection rule: exit code 0 with a line of output when this version or a later one is installed. */
export function detectionScript(): string {
  return script(`# Says whether Surety ${VERSION} or a later version is installed.
${REGISTRY}
${INSTALLED_VERSION}
if ($null -eq $installed -or $installed -lt [version]'${VERSION}') { exit 1 }
Write-Output "Surety $installed"
exit 0
`)
}

/** Exit code 1 when something must be fixed: no product, a service that does not run, other settings. */
export function remediationDetectionScript(values: MdmValues): string {
  return script(`# Says what of Surety must be fixed. Exit code 0: nothing.
${REGISTRY}
${settingsTable(values)}
${INSTALLED_VERSION}
if ($null -eq $installed) {
    Write-Output 'Surety is not installed'
    exit 1
}
$wrong = @()
$policy = $registry.OpenSubKey('${WINDOWS.policyKey}')
foreach ($setting in $settings) {
    $found = $null
    if ($null -ne $policy) { $found = $policy.GetValue($setting.Name) }
    $kind = $null
    if ($null -ne $found) { $kind = "$($policy.GetValueKind($setting.Name))" }
    if ($kind -ne $setting.Kind -or (@($found) -join "\`n") -cne (@($setting.Value) -join "\`n")) { $wrong += $setting.Name }
}
$service = Get-Service -Name '${WINDOWS.service}' -ErrorAction SilentlyContinue
if ($null -eq $service) { $wrong += 'the service is missing' }
elseif ($service.Status -ne 'Running') { $wrong += "the service is $($service.Status)" }
if ($wrong.Count -gt 0) {
    Write-Output ($wrong -join '; ')
    exit 1
}
Write-Output "Surety $installed runs with its settings"
exit 0
`)
}

/** Writes the settings and starts the service. It does not install. */
export function remediationScript(values: MdmValues): string {
  return script(`# Writes the settings of Surety and starts its service again, so that it has them at once.
$ErrorActionPreference = 'Stop'
${REGISTRY}
${settingsTable(values)}
$policy = $registry.CreateSubKey('${WINDOWS.policyKey}')
foreach ($setting in $settings) {
    $policy.SetValue($setting.Name, $setting.Value, [Microsoft.Win32.RegistryValueKind]$setting.Kind)
}
if ($null -eq (Get-Service -Name '${WINDOWS.service}' -ErrorAction SilentlyContinue)) {
    Write-Output 'The settings are written. Surety is not installed'
    exit 1
}
Restart-Service -Name '${WINDOWS.service}' -Force
Write-Output "The settings are written and the service runs: $($settings.Count)"
exit 0
`)
}

const SMALL = 0x7fff_ffff

function settingsTable(values: MdmValues): string {
  const rows = Object.entries(values).map(
    ([key, value]) => `    @{ Name = ${quoted(key)}; Kind = '${kindOf(value)}'; Value = ${literal(value)} }`,
  )
  return rows.length === 0 ? '$settings = @()' : `$settings = @(\n${rows.join('\n')}\n)`
}

/** Names of `RegistryValueKind`. A DWORD of .NET is signed. */
function kindOf(value: MdmValue): string {
  if (typeof value === 'string') return 'String'
  if (typeof value === 'boolean') return 'DWord'
  if (typeof value === 'number') return value > SMALL ? 'QWord' : 'DWord'
  return 'MultiString'
}

function literal(value: MdmValue): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') return value > SMALL ? `[long]${value}` : String(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  return `[string[]]@(${value.map(quoted).join(', ')})`
}

/** A text in single quotes. What is not ASCII is escaped, which also keeps typographic quotes from ending the text. */
function quoted(text: string): string {
  const isPlain = /^[\x20-\x7e]*$/.test(text)
  const doubled = (words: string) => `'${words.replaceAll("'", "''")}'`
  if (isPlain) return doubled(text)
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replace(/[^\x20-\x7e]/g, (unit) => unit.split('').map(escapedUnit).join(''))
  return `[regex]::Unescape(${doubled(escaped)})`
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function script(text: string): string {
  return text.replaceAll('\n', '\r\n')
}
