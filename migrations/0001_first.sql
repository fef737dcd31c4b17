-- Everything that must survive a crash. Plain types, so that one text serves SQLite and PostgreSQL:
-- instants and spans are microseconds, yes and no are 1 and 0, nested things are JSON in TEXT.
-- No foreign keys and no defaults: rows are written whole, by one writer, which keeps the references.

CREATE TABLE accounts (
    account TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    default_kind TEXT NOT NULL,
    default_target TEXT,
    auto_close BIGINT
);

CREATE TABLE channels (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    site TEXT,
    reports_delivered BIGINT NOT NULL,
    reports_seen BIGINT NOT NULL,
    bot_may_write BIGINT NOT NULL,
    reply_window BIGINT,
    PRIMARY KEY (account, id)
);

-- `folded` columns hold the lower-case form of a text whose case SQL cannot fold by itself (beyond ASCII).
CREATE TABLE customers (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    known BIGINT NOT NULL,
    name TEXT,
    name_folded TEXT,
    owner TEXT,
    vip BIGINT NOT NULL,
    bad BIGINT NOT NULL,
    tags TEXT,
    orders_count BIGINT NOT NULL,
    orders_total BIGINT NOT NULL,
    average_order BIGINT NOT NULL,
    language TEXT,
    contacts TEXT,
    extra TEXT,
    last_manager TEXT,
    last_served_at BIGINT,
    merged_into TEXT,
    PRIMARY KEY (account, id)
);
CREATE INDEX customers_merged ON customers (account, merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE managers (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    crm_groups TEXT,
    admin BIGINT NOT NULL,
    capacity BIGINT,
    languages TEXT,
    deputy TEXT,
    active BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- Apart from `managers`, since presence and work change a thousand times as often as the record.
CREATE TABLE attendance (
    account TEXT NOT NULL,
    manager TEXT NOT NULL,
    online BIGINT NOT NULL,
    status TEXT NOT NULL,
    on_leave BIGINT NOT NULL,
    online_changed_at BIGINT NOT NULL,
    counts_as_online BIGINT NOT NULL,
    wrap_up_until BIGINT,
    since BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (account, manager)
);

CREATE TABLE work (
    account TEXT NOT NULL,
    manager TEXT NOT NULL,
    last_assigned_at BIGINT,
    idle_since BIGINT,
    PRIMARY KEY (account, manager)
);

CREATE TABLE rotations (
    account TEXT NOT NULL,
    target TEXT NOT NULL,
    last_served TEXT NOT NULL,
    PRIMARY KEY (account, target)
);

-- First what a dialog is opened with, then what changes.
CREATE TABLE dialogs (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    chat TEXT NOT NULL,
    channel TEXT,
    channel_kind TEXT NOT NULL,
    customer TEXT,
    kind TEXT NOT NULL,
    started_by TEXT NOT NULL,
    is_returning BIGINT NOT NULL,
    opening_text TEXT NOT NULL,
    facts TEXT,
    opened_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    members TEXT,
    state TEXT NOT NULL,
    state_since BIGINT,
    responsible_kind TEXT,
    responsible TEXT,
    place TEXT,
    moving TEXT,
    closure TEXT,
    first_assigned_at BIGINT,
    first_reply_at BIGINT,
    awaiting_reply_since BIGINT,
    moved_at BIGINT,
    last_message_at BIGINT NOT NULL,
    last_customer_message_at BIGINT,
    last_from TEXT,
    messages BIGINT NOT NULL,
    unread BIGINT NOT NULL,
    request TEXT,
    moves BIGINT NOT NULL,
    then_used BIGINT NOT NULL,
    taken_from TEXT,
    pinned BIGINT NOT NULL,
    nudges_sent BIGINT NOT NULL,
    warnings_sent BIGINT NOT NULL,
    closes_at BIGINT,
    farewell TEXT,
    idle BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE INDEX dialogs_newest ON dialogs (account, opened_at, id);
-- An index by responsible would cost a page of its own for each of a group's managers: the few open dialogs
-- are searched for theirs here, without looking at the rows.
CREATE INDEX dialogs_open ON dialogs (account, opened_at, id, responsible) WHERE state <> 'closed';
CREATE INDEX dialogs_chat ON dialogs (account, chat, opened_at);
CREATE INDEX dialogs_customer ON dialogs (account, customer, opened_at);

CREATE TABLE messages (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    dialog TEXT NOT NULL,
    author_kind TEXT NOT NULL,
    author TEXT,
    content TEXT,
    content_folded TEXT,
    at BIGINT NOT NULL,
    visibility TEXT NOT NULL,
    quote TEXT,
    status TEXT NOT NULL,
    failure TEXT,
    PRIMARY KEY (account, id)
);
CREATE INDEX messages_dialog ON messages (account, dialog);

CREATE TABLE events (
    account TEXT NOT NULL,
    seq BIGINT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    dialog TEXT,
    cause TEXT,
    data TEXT NOT NULL,
    PRIMARY KEY (account, seq)
);
CREATE INDEX events_dialog ON events (account, dialog, seq);

CREATE TABLE receipts (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

CREATE TABLE webhooks (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    events TEXT,
    secret TEXT NOT NULL,
    acknowledged BIGINT NOT NULL,
    paused BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, id)
);

-- `n` counts the attempts of one webhook, so that the newest thousand can be told from the rest.
CREATE TABLE deliveries (
    account TEXT NOT NULL,
    webhook TEXT NOT NULL,
    n BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    attempt BIGINT NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT,
    error TEXT,
    PRIMARY KEY (account, webhook, n)
);

-- `account` is empty for operators, who have all of them.
CREATE TABLE tokens (
    account TEXT,
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE rules_history (
    account TEXT NOT NULL,
    n BIGINT NOT NULL,
    version TEXT NOT NULL,
    sources TEXT NOT NULL,
    at BIGINT NOT NULL,
    applied_by TEXT NOT NULL,
    PRIMARY KEY (account, n)
);

-- Always empty: a row with no value is refused, and takes the whole transaction with it.
CREATE TABLE must_hold (
    held BIGINT NOT NULL
);
