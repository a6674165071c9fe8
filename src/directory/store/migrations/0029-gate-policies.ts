/** Versions of the policy of the gate. */
export const GATE_POLICIES = `
  CREATE TABLE gate_policies (
    version INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by TEXT NOT NULL,
    forced INTEGER NOT NULL,
    restores INTEGER,
    reason TEXT,
    text TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER gate_policies_no_update BEFORE UPDATE ON gate_policies
    BEGIN SELECT RAISE(ABORT, 'gate_policies is append only'); END;
  CREATE TRIGGER gate_policies_no_delete BEFORE DELETE ON gate_policies
    BEGIN SELECT RAISE(ABORT, 'gate_policies is append only'); END;
`
