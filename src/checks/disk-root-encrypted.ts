import { check } from './check.ts'

export const diskRootEncrypted = check('disk.root-encrypted', {
  weight: 'required',
  passes: 'the volume of `/` is encrypted',
  systems: { linux: 'LUKS, ZFS', macos: 'FileVault', windows: 'BitLocker' },
  panels: { windows: 'control /name Microsoft.BitLockerDriveEncryption' },
  minutes: 120,
  english: {
    title: 'The system disk is encrypted',
    problem: 'The system disk is not encrypted',
    why: 'Without encryption, anyone who takes the laptop or its disk can read all files.',
    person: {
      any: 'it needs a new installation and a backup',
      macos: 'the recovery key must be stored where your company wants it',
      windows: 'the recovery key must be stored where your company wants it',
    },
    steps: {
      any: [
        'An installed system cannot be encrypted in place with safety.',
        'Back up your files.',
        'Ask your support for a reinstallation with an encrypted disk.',
      ],
      debian: [
        'Back up your files.',
        'Reinstall, and choose "Guided - use entire disk and set up encrypted LVM" in the installer.',
        'Restore your files.',
      ],
      fedora: [
        'Back up your files.',
        'Reinstall, and choose "Encrypt my data" in the installer.',
        'Restore your files.',
      ],
      windows: [
        'Open Settings > Privacy & security > Device encryption, or "Manage BitLocker" in the Control Panel.',
        'Turn it on, and store the recovery key where your support says.',
        'Leave the laptop on until the encryption is complete.',
      ],
      macos: [
        'Open System Settings > Privacy & Security > FileVault.',
        'Turn it on, and store the recovery key where your support says.',
        'Leave the Mac connected to power until the encryption is complete.',
      ],
    },
  },
  german: {
    title: 'Die Systemplatte ist verschlüsselt',
    problem: 'Die Systemplatte ist nicht verschlüsselt',
    why: 'Ohne Verschlüsselung kann jeder, der den Laptop oder seine Platte mitnimmt, alle Dateien lesen.',
    person: {
      any: 'es braucht eine neue Installation und eine Sicherung.',
      macos: 'der Wiederherstellungsschlüssel gehört dorthin, wo Ihre Firma ihn haben will.',
      windows: 'der Wiederherstellungsschlüssel gehört dorthin, wo Ihre Firma ihn haben will.',
    },
    steps: {
      any: [
        'Ein installiertes System lässt sich nicht gefahrlos nachträglich verschlüsseln.',
        'Sichern Sie Ihre Dateien.',
        'Bitten Sie Ihren Support um eine Neuinstallation mit verschlüsselter Platte.',
      ],
      debian: [
        'Sichern Sie Ihre Dateien.',
        'Installieren Sie neu, und wählen Sie „Geführt - gesamte Platte mit verschlüsseltem LVM“.',
        'Spielen Sie Ihre Dateien zurück.',
      ],
      fedora: [
        'Sichern Sie Ihre Dateien.',
        'Installieren Sie neu, und wählen Sie „Meine Daten verschlüsseln“.',
        'Spielen Sie Ihre Dateien zurück.',
      ],
      windows: [
        'Öffnen Sie Einstellungen > Datenschutz und Sicherheit > Geräteverschlüsselung, oder „BitLocker verwalten“ in der Systemsteuerung.',
        'Schalten Sie sie ein, und bewahren Sie den Wiederherstellungsschlüssel so auf, wie Ihr Support es sagt.',
        'Lassen Sie den Laptop an, bis die Verschlüsselung fertig ist.',
      ],
      macos: [
        'Öffnen Sie Systemeinstellungen > Datenschutz & Sicherheit > FileVault.',
        'Schalten Sie es ein, und bewahren Sie den Wiederherstellungsschlüssel so auf, wie Ihr Support es sagt.',
        'Lassen Sie den Mac am Strom, bis die Verschlüsselung fertig ist.',
      ],
    },
  },
})
