import { VERSION } from '../base/version.ts'
import { ENROLMENT, LINUX, MAC } from './installed-names.ts'
import type { MdmValues } from './mdm-settings.ts'

/** Scripts for the shell of POSIX, as root. */

/** Writes the enrolment string before the package is installed. @param from has the string. Jamf Pro gives parameters of its own before 4. */
export function macEnrolmentScript(from: '4' | 'ENROLMENT'): string {
  return `#!/bin/sh
# Puts the enrolment string to its place. Run it before the package of Surety is installed.
# ${from === '4' ? 'Parameter 4' : 'The variable ENROLMENT'} has the string.
set -eu
umask 077
folder='${MAC.dataFolder}'
enrolment=\${${from}:-}
if [ -z "$enrolment" ]; then
  echo 'there is no enrolment string' >&2
  exit 2
fi
mkdir -p "$folder"
if [ -L "$folder" ] || [ -L "$folder/${ENROLMENT}" ]; then
  echo "$folder/${ENROLMENT} is a link" >&2
  exit 1
fi
if [ -x ${MAC.command} ]; then
  code=0
  # 3: not enrolled. 0, 4, 5: enrolled.
  ${MAC.command} status --json > /dev/null 2>&1 || code=$?
  case $code in
    3) ;;
    0 | 4 | 5)
      echo 'the device needs no enrolment string'
      exit 0
      ;;
    *)
      # An update of the package may fix it.
      echo "suretyd does not answer (exit code $code): no string was written, run this again later"
      exit 0
      ;;
  esac
fi
printf '%s\\n' "$enrolment" > "$folder/${ENROLMENT}.new"
mv -f "$folder/${ENROLMENT}.new" "$folder/${ENROLMENT}"
`
}

/** Exit code 0 when this version or a later one is installed and its daemon answers. */
export function macAuditScript(): string {
  return `#!/bin/sh
# Says whether Surety ${VERSION} or a later version is installed and runs. Exit code 0: yes.
wanted='${VERSION}'
if [ ! -x ${MAC.command} ]; then
  echo 'Surety is not installed'
  exit 1
fi
installed=$(${MAC.command} version) || exit 1
oldest=$(printf '%s\\n%s\\n' "$wanted" "$installed" | sort -t . -k 1,1n -k 2,2n -k 3,3n | head -n 1)
if [ "$oldest" != "$wanted" ]; then
  echo "Surety $installed is older than $wanted"
  exit 1
fi
if ! launchctl print system/${MAC.label} > /dev/null 2>&1; then
  echo 'suretyd is not loaded'
  exit 1
fi
${MAC.command} status --json > /dev/null 2>&1
case $? in
  0 | 3 | 4 | 5) echo "Surety $installed runs" ;;
  *)
    echo 'suretyd does not answer'
    exit 1
    ;;
esac
`
}

/** Starts the daemon, also where it runs and does not answer. */
export function macRemediationScript(): string {
  return `#!/bin/sh
# Starts suretyd, also where it runs and does not answer. It does not install.
set -eu
if [ ! -x ${MAC.command} ]; then
  echo 'Surety is not installed' >&2
  exit 1
fi
if ! launchctl print system/${MAC.label} > /dev/null 2>&1; then
  launchctl bootstrap system /Library/LaunchDaemons/${MAC.label}.plist
fi
launchctl kickstart -k system/${MAC.label}
`
}

/** Prints the verdict in the form of an extension attribute of Jamf Pro. */
export function jamfAttributeScript(): string {
  return `#!/bin/sh
# An extension attribute of Jamf Pro: the verdict of Surety. Data type: string.
if [ ! -x ${MAC.command} ]; then
  echo '<result>not installed</result>'
  exit 0
fi
${MAC.command} status --json > /dev/null 2>&1
case $? in
  0) echo '<result>compliant</result>' ;;
  3) echo '<result>not enrolled</result>' ;;
  4) echo '<result>not compliant</result>' ;;
  5) echo '<result>agents are stopped</result>' ;;
  6) echo '<result>suretyd does not answer</result>' ;;
  *) echo '<result>unknown</result>' ;;
esac
`
}

/** Installs from the repository of the company, which is set up before, and writes the settings. */
export function linuxInstallScript(values: MdmValues): string {
  return `#!/bin/sh
# Installs Surety from a repository that this machine knows, and writes its settings. ENROLMENT has the enrolment string of a new device.
set -eu
umask 077
needs_enrolment() {
  command -v surety > /dev/null || return 0
  surety status --json > /dev/null 2>&1
  test $? -eq 3
}
if [ -n "\${ENROLMENT:-}" ] && needs_enrolment; then
  install -d -m 755 /etc/surety
  if [ -L /etc/surety/${ENROLMENT} ]; then
    echo '/etc/surety/${ENROLMENT} is a link' >&2
    exit 1
  fi
  printf '%s\\n' "$ENROLMENT" > /etc/surety/${ENROLMENT}.new
  mv -f /etc/surety/${ENROLMENT}.new /etc/surety/${ENROLMENT}
fi
running=no
if systemctl is-active --quiet ${LINUX.service}; then running=yes; fi
changed=no
${writeSettings(values)}umask 022
if command -v apt-get > /dev/null; then
  # Another run of apt may be at work.
  apt-get -q -o DPkg::Lock::Timeout=300 update
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 install -y ${LINUX.packageName}
elif command -v dnf > /dev/null; then
  dnf -q -y install ${LINUX.packageName}
else
  echo 'neither apt-get nor dnf is here' >&2
  exit 1
fi
# This script may run each hour. A daemon that was installed just now has its settings.
if [ $changed = yes ] && [ $running = yes ]; then
  systemctl restart ${LINUX.service}
else
  systemctl start ${LINUX.service}
fi
`
}

/** Exit code 0 when the daemon is installed and answers. */
export function linuxDetectionScript(): string {
  return `#!/bin/sh
# Says whether Surety is installed and runs. Exit code 0: yes.
if ! command -v surety > /dev/null; then
  echo 'Surety is not installed'
  exit 1
fi
surety status --json > /dev/null 2>&1
case $? in
  0 | 3 | 4 | 5) echo "Surety $(surety version) runs" ;;
  *)
    echo 'suretyd does not answer'
    exit 1
    ;;
esac
`
}

function writeSettings(values: MdmValues): string {
  const path = `/etc/surety/managed.d/${LINUX.settingsFile}`
  if (Object.keys(values).length === 0) {
    return `if [ -e ${path} ]; then
  changed=yes
  rm -f ${path}
fi
`
  }
  return `install -d -m 755 /etc/surety /etc/surety/managed.d
cat > ${path}.new <<'END_OF_SETTINGS'
${JSON.stringify(values, undefined, 2)}
END_OF_SETTINGS
chmod 644 ${path}.new
cmp -s ${path}.new ${path} || changed=yes
mv -f ${path}.new ${path}
`
}
