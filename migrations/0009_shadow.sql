-- Rule sets that decide beside the live one and act on nothing; a row without a version ends the one before it.
CREATE TABLE shadow_history (
    account TEXT NOT NULL,
    n BIGINT NOT NULL,
    version TEXT,
    sources TEXT NOT NULL,
    at BIGINT NOT NULL,
    applied_by TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (account, n)
);
