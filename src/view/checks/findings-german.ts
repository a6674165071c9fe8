import type { Language } from './check-catalogue.ts'

/**
 * What checks find, in German. The daemon writes its findings in English, because they are evidence: here they are only shown.
 * `{}` holds the place of a value. The first that fits counts.
 */
const GERMAN_FINDINGS: Readonly<Record<string, string>> = {
  // disks
  'the root file system is {} (a container or a live system): the disk under it cannot be seen':
    'Das Wurzeldateisystem ist {} (ein Container oder Live-System): die Platte darunter ist nicht zu sehen.',
  'The root file system ({}, on {}) is not encrypted. {}':
    'Das Wurzeldateisystem ({}, auf {}) ist nicht verschlüsselt.',
  'the root file system lives in memory: the disk of this machine cannot be judged by it':
    'Das Wurzeldateisystem liegt im Arbeitsspeicher: über die Platte sagt es nichts.',
  'the root file system: {}': 'Wurzeldateisystem: {}',
  'the list of mounted file systems could not be understood': 'Die Liste der Dateisysteme war nicht zu verstehen.',
  'the list of swap devices could not be understood': 'Die Liste der Swap-Geräte war nicht zu verstehen.',
  'no file system of a fixed disk is mounted where this program can see it':
    'Es ist kein Dateisystem einer eingebauten Platte zu sehen.',
  '{} of {} not encrypted: {}. {}': '{} von {} nicht verschlüsselt: {}.',
  // boot
  'Booted without EFI, so there is no secure boot.': 'Ohne EFI gestartet: Es gibt kein Secure Boot.',
  'The firmware of this machine has no secure boot.': 'Die Firmware dieses Geräts hat kein Secure Boot.',
  'Secure boot is off: {}': 'Secure Boot ist ausgeschaltet: Die Firmware startet jeden Bootloader.',
  'Booted without EFI, so there are no secure boot keys that could be set.':
    'Ohne EFI gestartet: Es gibt keine Schlüssel für Secure Boot.',
  'The firmware of this machine has no secure boot, so it has no keys for it.':
    'Die Firmware dieses Geräts hat kein Secure Boot und keine Schlüssel dafür.',
  'The firmware is in setup mode: {}': 'Die Firmware ist im Setup-Modus: root kann eigene Schlüssel einspielen.',
  'Kernel lockdown is off: root can change the running kernel.':
    'Der Kernel ist nicht gesperrt: root kann ihn im Betrieb ändern.',
  'This kernel is built without lockdown.': 'Dieser Kernel ist ohne Lockdown gebaut.',
  'securityfs is not mounted at /sys/kernel/security, so the kernel cannot be asked':
    'securityfs ist nicht eingehängt: der Kernel lässt sich nicht fragen.',
  'the kernel named a lockdown mode that is not known': 'Der Kernel nennt einen unbekannten Lockdown-Modus.',
  'The kernel sees no TPM. {}': 'Der Kernel sieht kein TPM: in der Firmware ausgeschaltet, oder der Treiber fehlt.',
  'The TPM is version 1.2; version 2.0 is needed.': 'Das TPM hat Version 1.2; nötig ist 2.0.',
  'The kernel has a TPM 2.0, but /dev/tpmrm0 is missing, so no program can use it.':
    'Der Kernel hat ein TPM 2.0, aber /dev/tpmrm0 fehlt: kein Programm kann es benutzen.',
  'the kernel does not name the version of the TPM {}': 'Der Kernel nennt die Version des TPM nicht.',
  // updates
  'The support of {} ended on {}: {}': 'Die Unterstützung von {} endete am {}. Wechseln Sie auf eine neuere Version.',
  'The support of {} ended on {} ({}). {}':
    'Die Unterstützung von {} endete am {}. Wechseln Sie auf eine neuere Version.',
  'the ordinary support of {} ended on {}; until {} only {} brings updates, {}':
    'Die normale Unterstützung von {} endete am {}. Bis {} bringt nur {} Updates; ob das Gerät es hat, ist nicht zu sehen.',
  'the end of support of {} is not in our table of {}':
    'Wann die Unterstützung von {} endet, ist nicht bekannt (Stand {}).',
  '{} names no version {}': '{} nennt keine Version: das Ende der Unterstützung ist nicht bekannt.',
  '/etc/os-release does not say which system this is': '/etc/os-release sagt nicht, welches System das ist.',
  '1 package with security updates waiting: {} (package list of {}).':
    '1 Paket mit Sicherheitsupdate wartet: {} (Paketliste vom {}).',
  '{} packages with security updates waiting: {} (package list of {}).':
    '{} Pakete mit Sicherheitsupdates warten: {} (Paketliste vom {}).',
  'there is no package list of a security archive: {}': 'Es gibt keine Paketliste eines Sicherheitsarchivs.',
  'the security package list is {} days old (of {}), so newer updates would not be seen':
    'Die Paketliste ist {} Tage alt (vom {}): Neuere Updates wären nicht zu sehen.',
  'apt-get could not work out the upgrade (exit {}): its packages may be broken':
    'apt-get konnte nicht ermitteln, was zu aktualisieren ist (Ende {}): Pakete sind vielleicht beschädigt.',
  '{} held back; apt does not say whether security updates are among them':
    'Zurückgehalten: {}. Ob Sicherheitsupdates darunter sind, sagt apt nicht.',
  'how {} names security updates is not known to this check': 'Wie {} Sicherheitsupdates nennt, ist nicht bekannt.',
  'dnf has no package lists on disk, or they do not say how old they are': 'dnf hat keine Paketlisten mit Datum.',
  'the newest package list of dnf is of {}, so newer updates would not be seen':
    'Die neueste Paketliste von dnf ist vom {}: Neuere Updates wären nicht zu sehen.',
  'the answer of {} was not understood{}': 'Die Antwort von {} war nicht zu verstehen.',
  'Automatic updates are off: the package unattended-upgrades is missing.':
    'Automatische Updates sind aus: Das Paket unattended-upgrades fehlt.',
  'Automatic updates are off: dnf-automatic is missing.': 'Automatische Updates sind aus: dnf-automatic fehlt.',
  'Automatic updates are switched off ({}).': 'Automatische Updates sind ausgeschaltet ({}).',
  'Automatic updates are switched off: package lists are not fetched ({}).':
    'Automatische Updates sind aus: Paketlisten werden nicht geholt ({}).',
  'Automatic updates are on, but no security archive is among those they may install from.':
    'Automatische Updates sind an, aber kein Sicherheitsarchiv gehört zu ihren Quellen.',
  'dnf-automatic only announces updates: apply_updates is not set.':
    'dnf-automatic meldet Updates nur: apply_updates ist nicht gesetzt.',
  '{} is set up, but {} does not run, so nothing starts it.': '{} ist eingerichtet, aber {} läuft nicht.',
  '{} is set up, but systemd cannot be asked whether {} runs':
    '{} ist eingerichtet; ob {} läuft, ist nicht zu erfahren.',
  'how this system installs updates automatically is not known to this check':
    'Wie dieses System Updates automatisch installiert, ist nicht bekannt.',
  'the configuration of {} was not understood': 'Die Konfiguration von {} war nicht zu verstehen.',
  'A restart is needed for updates that are installed: {}.': 'Installierte Updates brauchen einen Neustart: {}.',
  'A restart is needed for updates that are installed.': 'Installierte Updates brauchen einen Neustart.',
  'The running kernel {} is no longer installed: a restart is needed.':
    'Der laufende Kernel {} ist nicht mehr installiert: Ein Neustart ist nötig.',
  'A newer kernel is installed than the running {}: {}. A restart is needed.':
    'Neuer als der laufende Kernel {} ist installiert: {}. Ein Neustart ist nötig.',
  'this system has no installed kernel to compare with, and its packages do not mark a needed restart':
    'Dieses System zeigt nicht, ob ein Neustart nötig ist.',
  'the version of the running kernel has a form not known: {}': 'Die Version des laufenden Kernels ist unbekannt: {}.',
  // programs and network
  '{}: installed, but not running.': '{}: installiert, läuft aber nicht.',
  '{} is installed, but systemd did not say whether it runs': '{} ist installiert; ob es läuft, sagt systemd nicht.',
  'No firewall: {}': 'Keine Firewall filtert eingehende Verbindungen.',
  'The firewall lets in whatever no rule names: {}': 'Die Firewall lässt alles herein, was keine Regel nennt.',
  'The firewall does not cover {}: {}': 'Die Firewall gilt nicht für {}: Verbindungen darüber kommen frei herein.',
  'nft is not installed, so the rules in the kernel cannot be read.{}':
    'nft ist nicht installiert: Die Regeln im Kernel sind nicht lesbar.',
  'nft could not list the rules (exit {})': 'nft konnte die Regeln nicht lesen (Ende {}).',
  'rules of the old iptables are loaded, {}': 'Regeln des alten iptables sind geladen, die hier nicht gelesen werden.',
  'Samba accepts SMB 1 and older (server min protocol = {}).':
    'Samba nimmt SMB 1 und älter an (server min protocol = {}).',
  '{} has a line that was not understood': '{} hat eine Zeile, die nicht zu verstehen war.',
  '{} takes settings from elsewhere, which this check does not read':
    '{} nimmt Einstellungen von anderswo, die hier nicht gelesen werden.',
  'SELinux is permissive: it reports and does not prevent.': 'SELinux meldet nur und verhindert nichts (permissive).',
  'SELinux named a mode that is not known': 'SELinux nennt einen unbekannten Modus.',
  'Neither SELinux nor AppArmor is active in this kernel{}.': 'Weder SELinux noch AppArmor ist in diesem Kernel aktiv.',
  'AppArmor is on, but no profile is in enforce mode {}': 'AppArmor ist an, aber kein Profil erzwingt etwas.',
  'AppArmor is on, but its profiles cannot be seen {}': 'AppArmor ist an, aber seine Profile sind nicht zu sehen.',
  'AppArmor is on, but {}': 'AppArmor ist an, aber seine Profile sind nicht lesbar.',
  'the list of AppArmor profiles has a form not known': 'Die Liste der AppArmor-Profile ist nicht zu verstehen.',
  'this check cannot judge the active modules ({})': 'Die aktiven Module ({}) kann Surety nicht beurteilen.',
  'suretyd runs as root, but may not {}: it lacks {}, as in a container':
    'suretyd läuft als root, aber ihm fehlt {2}, wie in einem Container.',
  'only root may read the firewall rules': 'Nur root darf die Firewall-Regeln lesen.',
  // accounts
  'Root may log in over SSH with a password (PermitRootLogin yes).':
    'Root darf sich mit Passwort über SSH anmelden (PermitRootLogin yes).',
  'Root may log in over SSH with a password for some connections {}':
    'Root darf sich bei manchen Verbindungen mit Passwort über SSH anmelden (Match-Block).',
  'sshd has Match blocks or included files that were not understood':
    'sshd hat Match-Blöcke oder eingebundene Dateien, die nicht zu verstehen waren.',
  'The OpenSSH server accepts passwords, which can be guessed from the network.':
    'Der OpenSSH-Server nimmt Passwörter an, die sich aus dem Netz erraten lassen.',
  'the OpenSSH server did not tell its settings': 'Der OpenSSH-Server nannte seine Einstellungen nicht.',
  'the settings of the OpenSSH server were not understood':
    'Die Einstellungen des OpenSSH-Servers waren nicht zu verstehen.',
  '{} accounts have the rights of root (uid 0): {}.': '{} Konten haben die Rechte von root (uid 0): {}.',
  '1 administrator can log in without a password: {}.': '1 Administrator kann sich ohne Passwort anmelden: {}.',
  '{} administrators can log in without a password: {}.': '{} Administratoren können sich ohne Passwort anmelden: {}.',
  '{} Whether one of them needs no password only root may see.':
    'Ob ein Administrator kein Passwort braucht, sieht nur root.',
  '/etc/passwd or /etc/group has a line that was not understood':
    '/etc/passwd oder /etc/group hat eine Zeile, die nicht zu verstehen war.',
  'sudo gives all rights of root without a password to {}.': 'sudo gibt alle Rechte von root ohne Passwort an {}.',
  'sudoers has a line or an included file not understood':
    'sudoers hat eine Zeile oder eingebundene Datei, die nicht zu verstehen war.',
  'An account for guests can log in: {}.': 'Ein Gastkonto kann sich anmelden: {}.',
  'LightDM offers a guest session: {}':
    'LightDM bietet eine Gastsitzung an: Jeder am Bildschirm kann das Gerät benutzen.',
  'The system logs in without asking: {}.': 'Das System meldet ohne Nachfrage an: {}.',
  'The screen does not lock as it should for {}.': 'Der Bildschirm sperrt sich nicht wie nötig: {}.',
  'a display manager is installed, but no desktop that this check knows how to find':
    'Ein Anmeldebildschirm ist installiert, aber kein bekannter Desktop.',
  "no user's settings could be read": 'Die Einstellungen keines Benutzers waren lesbar.',
  'the settings of {} could not be read': 'Die Einstellungen von {} waren nicht lesbar.',
  'a desktop is installed whose screen lock this check cannot read: {}':
    'Ein Desktop ist installiert, dessen Sperre Surety nicht lesen kann: {}.',
  // drills, and the checks themselves
  'no drill has shown yet whether this device can freeze an agent':
    'Noch keine Übung hat gezeigt, ob sich hier ein Agent anhalten lässt.',
  'The last drill did not freeze its agent: {}.': 'Die letzte Übung konnte ihren Agenten nicht anhalten: {}.',
  'The last drill found no agent to freeze.': 'Die letzte Übung fand keinen Agenten.',
  'This kernel freezes agents with cgroup v1 only: {}':
    'Dieser Kernel hält Agenten nur mit cgroup v1 an: root kann einen Prozess herausholen.',
  'This kernel stops agents with signals only: {}':
    'Dieser Kernel hält Agenten nur mit Signalen an: Jeder Prozess des Benutzers kann das aufheben.',
  'not checked: posture.skip in the settings of this device names it':
    'Nicht geprüft: Die Einstellung posture.skip lässt diese Prüfung aus.',
  'the check took longer than {} seconds {}': 'Die Prüfung dauerte länger als {} Sekunden.',
  'the check was stopped': 'Die Prüfung wurde abgebrochen.',
  'not reported by the device': 'Das Gerät hat es nicht gemeldet.',
  'the device has not attested yet': 'Das Gerät hat sich noch nicht ausgewiesen.',
  'the tier is {}, at least {} is required': 'Die Stufe ist {}, nötig ist mindestens {}.',
  'no new attestation and report in time': 'Kein neuer Bericht kam rechtzeitig.',
}

/** Why the encryption of a volume cannot be told. A finding joins those of several volumes: `/home: …, swap: …`. */
const DISK_REASONS: readonly (readonly [english: RegExp, german: string])[] = [
  [/zfs did not say whether (\S+) is encrypted/g, 'zfs sagt nicht, ob $1 verschlüsselt ist'],
  [/zpool did not name the devices of (\S+)/g, 'zpool nennt die Geräte nicht von $1'],
  [/file system (\S+) names no device that this check can follow/g, 'Dateisystem $1 nennt kein prüfbares Gerät'],
  [/(\S+), the device of this btrfs, was not found/g, '$1, das Gerät dieses btrfs, war nicht zu finden'],
  [/the kernel does not list the devices of this btrfs/g, 'der Kernel nennt die Geräte dieses btrfs nicht'],
  [/(\S+) is no device in \/dev/g, '$1 ist kein Gerät in /dev'],
  [/devices are stacked deeper than (\d+)/g, 'mehr als $1 Geräte liegen übereinander'],
  [/the kernel shows no device at (\S+)/g, 'der Kernel zeigt kein Gerät in $1'],
  [/device-mapper type not known/g, 'unbekannter Typ des Device-Mappers'],
  [
    /encryption is left to the drive itself \(OPAL\), which cannot be checked from here/g,
    'das Laufwerk soll selbst verschlüsseln (OPAL), was nicht zu prüfen ist',
  ],
  [/kind of device not known/g, 'unbekannte Art von Gerät'],
  [/the file system of (\S+) was not found/g, 'das Dateisystem von $1 war nicht zu finden'],
  [/(\S+) lies on (\S+), which this check does not follow/g, '$1 liegt auf $2, was nicht zu prüfen ist'],
  [/no device below it/g, 'kein Gerät darunter'],
]

/** Of each user: `ada (GNOME: the lock is off)`. */
const LOCK_PROBLEMS: readonly (readonly [english: RegExp, german: string])[] = [
  [/: locking is disabled\)/g, ': Sperren ist abgeschaltet)'],
  [/: the lock is off\)/g, ': Sperre ist aus)'],
  [/: the screen never goes dark automatically\)/g, ': Bildschirm wird nie von selbst dunkel)'],
  [/: locks only after (\d+) minutes\)/g, ': sperrt erst nach $1 Minuten)'],
]

const PATTERNS = Object.entries(GERMAN_FINDINGS).map(([english, german]) => {
  const parts = english.split('{}').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return { english: new RegExp(`^${parts.join('(.*?)')}$`, 's'), german }
})

/** The detail or reason of a finding. What has no German text is marked as a report in English. */
export function findingIn(language: Language, text: string): string {
  if (language === 'en') return text
  for (const { english, german } of PATTERNS) {
    const values = english.exec(text)?.slice(1)
    if (values === undefined) continue
    let next = 0
    return german.replaceAll(/\{(\d?)\}/g, (_, place: string) => {
      return listInGerman(values[place === '' ? next++ : Number(place) - 1] ?? '')
    })
  }
  const disks = replaced(text, DISK_REASONS)
  return disks === text ? `Meldung auf Englisch: ${text}` : listInGerman(disks)
}

/** `a, b and 2 more`, or `2 volumes`. */
function listInGerman(text: string): string {
  return replaced(text, [...DISK_REASONS, ...LOCK_PROBLEMS])
    .replace(/ and (\d+) more\b/, ' und $1 weitere')
    .replaceAll(' and ', ' und ')
    .replace(/^1 volume$/, '1 Datenträger')
    .replace(/^(\d+) volumes$/, '$1 Datenträgern')
    .replace(/^(\d+) upgrades?$/, '$1')
}

function replaced(text: string, all: readonly (readonly [english: RegExp, german: string])[]): string {
  return all.reduce((changed, [english, german]) => changed.replace(english, german), text)
}
