export const TAMPER = `
  -- The newest signs of each device. json: as the device reported it.
  CREATE TABLE tamper_signs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT;

  CREATE INDEX tamper_signs_by_device ON tamper_signs (device, number);

  -- Devices that are silent for longer than the policy allows. heard_at: when they were heard last.
  CREATE TABLE silent_devices (
    device TEXT PRIMARY KEY,
    heard_at INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`
