-- How a rule set came into force, and why. Before this there was one set for all accounts, read from the files of
-- the account `default`: to the others it came from there.
ALTER TABLE rules_history ADD COLUMN via TEXT NOT NULL DEFAULT 'api';
ALTER TABLE rules_history ADD COLUMN why TEXT NOT NULL DEFAULT '';
UPDATE rules_history SET via = CASE
    WHEN account <> 'default' THEN 'default'
    WHEN applied_by IN ('the start of the server', 'SIGHUP') THEN 'file'
    ELSE 'api'
END;
