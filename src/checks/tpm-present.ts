import { check } from './check.ts'

export const tpmPresent = check('tpm.present', {
  weight: 'advisory',
  passes: 'there is a TPM',
  systems: { linux: 'kernel', macos: { absent: 'macOS does not use a TPM' }, windows: 'TPM Base Services' },
  minutes: 10,
  english: {
    title: 'A TPM 2.0 is present',
    problem: 'No TPM 2.0 was found',
    why: 'Only keys in a TPM prove that a report comes from this laptop.',
    person: { any: 'only a person at the firmware settings can change it' },
    steps: {
      any: [
        'Open the firmware settings: systemctl reboot --firmware-setup',
        'Turn on "TPM", "Intel PTT" or "AMD fTPM" under "Security", save and start again.',
        'If there is no such setting, ask your support: this laptop may have no TPM.',
      ],
      windows: [
        'Open Settings > System > Recovery > Advanced startup > Restart now.',
        'Choose Troubleshoot > Advanced options > UEFI Firmware Settings.',
        'Turn on "TPM", "Intel PTT" or "AMD fTPM" under "Security", save and start again.',
      ],
    },
  },
  german: {
    title: 'Ein TPM 2.0 ist vorhanden',
    problem: 'Kein TPM 2.0 gefunden',
    why: 'Nur Schlüssel in einem TPM beweisen, dass ein Bericht von diesem Laptop kommt.',
    person: { any: 'nur ein Mensch kann es in der Firmware ändern.' },
    steps: {
      any: [
        'Öffnen Sie die Firmware-Einstellungen: systemctl reboot --firmware-setup',
        'Schalten Sie unter „Security“ „TPM“, „Intel PTT“ oder „AMD fTPM“ ein, speichern Sie, und starten Sie neu.',
        'Fehlt diese Einstellung, fragen Sie Ihren Support: vielleicht hat der Laptop kein TPM.',
      ],
      windows: [
        'Öffnen Sie Einstellungen > System > Wiederherstellung > Erweiterter Start > Jetzt neu starten.',
        'Wählen Sie Problembehandlung > Erweiterte Optionen > UEFI-Firmwareeinstellungen.',
        'Schalten Sie unter „Security“ „TPM“, „Intel PTT“ oder „AMD fTPM“ ein, speichern Sie, und starten Sie neu.',
      ],
    },
  },
})
