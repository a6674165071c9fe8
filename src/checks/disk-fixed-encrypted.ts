import { check } from './check.ts'

export const diskFixedEncrypted = check('disk.fixed-encrypted', {
  weight: 'required',
  passes: 'every volume on a fixed disk is encrypted',
  systems: { linux: 'LUKS, ZFS, swap', macos: 'APFS volumes', windows: 'BitLocker' },
  panels: { windows: 'control /name Microsoft.BitLockerDriveEncryption' },
  minutes: 60,
  english: {
    title: 'All built-in disks and the swap are encrypted',
    problem: 'A built-in disk or the swap is not encrypted',
    why: 'Files and memory on a second disk or in the swap can be read like those on an unencrypted system disk.',
    person: {
      any: 'it deletes everything on the volume',
      macos: 'the recovery key must be stored where your company wants it',
      windows: 'the recovery key must be stored where your company wants it',
    },
    steps: {
      any: [
        'Back up the files of the named volume.',
        'As root, format it: cryptsetup luksFormat DEVICE (this deletes everything on it).',
        'Add it to /etc/crypttab and /etc/fstab, and restore the files.',
      ],
      windows: [
        'Open "Manage BitLocker" in the Control Panel.',
        'Turn on BitLocker for each named drive, and store its recovery key.',
      ],
      macos: [
        'Open the Finder, and click the named volume with the right button.',
        'Choose "Encrypt", and store the password.',
      ],
    },
  },
  german: {
    title: 'Alle eingebauten Platten und der Swap sind verschlüsselt',
    problem: 'Eine eingebaute Platte oder der Swap ist nicht verschlüsselt',
    why: 'Dateien und Speicherinhalte auf einer zweiten Platte oder im Swap sind sonst für jeden lesbar, der sie ausbaut.',
    person: {
      any: 'es löscht alles auf dem Datenträger.',
      macos: 'der Wiederherstellungsschlüssel gehört dorthin, wo Ihre Firma ihn haben will.',
      windows: 'der Wiederherstellungsschlüssel gehört dorthin, wo Ihre Firma ihn haben will.',
    },
    steps: {
      any: [
        'Sichern Sie die Dateien des genannten Datenträgers.',
        'Formatieren Sie ihn als root: cryptsetup luksFormat GERÄT (das löscht alles darauf).',
        'Tragen Sie ihn in /etc/crypttab und /etc/fstab ein, und spielen Sie die Dateien zurück.',
      ],
      windows: [
        'Öffnen Sie „BitLocker verwalten“ in der Systemsteuerung.',
        'Schalten Sie BitLocker für jedes genannte Laufwerk ein, und bewahren Sie den Wiederherstellungsschlüssel auf.',
      ],
      macos: [
        'Öffnen Sie den Finder, und klicken Sie mit der rechten Taste auf das genannte Volume.',
        'Wählen Sie „Verschlüsseln“, und bewahren Sie das Passwort auf.',
      ],
    },
  },
})
