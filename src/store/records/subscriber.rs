//! Webhooks, their deliveries, receipts and tokens, as rows.

use std::sync::Arc;

use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::store::cell::{Cells, Hex, Record, Sparse, record};
use crate::store::change::{Delivery, Receipt, Role, TokenRecord, Webhook};

record! {
    /// The answer to a request that may be repeated.
    ReceiptRecord {
        account: AccountId,
        id: Arc<str>,
        fingerprint: Hex,
        status: u16,
        body: Arc<str>,
        at: Timestamp,
    }
}

record! {
    /// A webhook.
    WebhookRecord {
        account: AccountId,
        id: Arc<str>,
        url: String,
        events: Sparse<Vec<String>>,
        secret: Hex,
        acknowledged: u64,
        paused: bool,
        created_at: Timestamp,
    }
}

record! {
    /// How far a webhook's deliveries got.
    CursorRecord {
        account: AccountId,
        id: Arc<str>,
        acknowledged: u64,
    }
}

record! {
    /// An attempt to deliver; `n` counts them for a webhook.
    DeliveryRecord {
        account: AccountId,
        webhook: Arc<str>,
        n: u64,
        seq: u64,
        attempt: u32,
        at: Timestamp,
        status: Option<u16>,
        error: Option<String>,
    }
}

record! {
    /// A token.
    TokenColumns {
        account: Option<AccountId>,
        id: Arc<str>,
        hash: Hex,
        role: Role,
        name: String,
        created_at: Timestamp,
        revoked_at: Option<Timestamp>,
    }
}

impl ReceiptRecord {
    /// Takes a receipt apart.
    pub(crate) fn new(account: &AccountId, receipt: &Receipt) -> Self {
        let Receipt { key, fingerprint, status, body, at } = receipt;
        Self {
            account: account.clone(),
            id: key.clone(),
            fingerprint: Hex(fingerprint.to_vec()),
            status: *status,
            body: body.clone(),
            at: *at,
        }
    }

    /// Reads a receipt.
    pub(crate) fn receipt(cells: &impl Cells) -> Result<Receipt, String> {
        let Self { account: _, id, fingerprint, status, body, at } = Self::read(cells, 0)?;
        Ok(Receipt { key: id, fingerprint: fingerprint.hash()?, status, body, at })
    }
}

impl WebhookRecord {
    /// Takes a webhook apart; `acknowledged` stands in for its own cursor.
    pub(crate) fn new(account: &AccountId, webhook: &Webhook, acknowledged: u64) -> Self {
        let Webhook { id, url, events, secret, acknowledged: _, paused, created_at } = webhook;
        Self {
            account: account.clone(),
            id: id.clone(),
            url: url.clone(),
            events: Sparse(events.clone()),
            secret: Hex(secret.clone()),
            acknowledged,
            paused: *paused,
            created_at: *created_at,
        }
    }

    /// Reads a webhook.
    pub(crate) fn webhook(cells: &impl Cells) -> Result<Webhook, String> {
        let Self { account: _, id, url, events, secret, acknowledged, paused, created_at } =
            Self::read(cells, 0)?;
        Ok(Webhook { id, url, events: events.0, secret: secret.0, acknowledged, paused, created_at })
    }
}

impl DeliveryRecord {
    /// Takes an attempt apart; `n` tells how many came before it.
    pub(crate) fn new(account: &AccountId, n: u64, delivery: &Delivery) -> Self {
        let Delivery { webhook, seq, attempt, at, status, error } = delivery;
        Self {
            account: account.clone(),
            webhook: webhook.clone(),
            n,
            seq: *seq,
            attempt: *attempt,
            at: *at,
            status: *status,
            error: error.clone(),
        }
    }

    /// Reads an attempt.
    pub(crate) fn delivery(cells: &impl Cells) -> Result<Delivery, String> {
        let Self { account: _, webhook, n: _, seq, attempt, at, status, error } = Self::read(cells, 0)?;
        Ok(Delivery { webhook, seq, attempt, at, status, error })
    }
}

impl TokenColumns {
    /// Takes a token apart.
    pub(crate) fn new(token: &TokenRecord) -> Self {
        let TokenRecord { id, hash, account, role, name, created_at, revoked_at } = token;
        Self {
            account: account.clone(),
            id: id.clone(),
            hash: Hex(hash.to_vec()),
            role: *role,
            name: name.clone(),
            created_at: *created_at,
            revoked_at: *revoked_at,
        }
    }

    /// Reads a token.
    pub(crate) fn token(cells: &impl Cells) -> Result<TokenRecord, String> {
        let Self { account, id, hash, role, name, created_at, revoked_at } = Self::read(cells, 0)?;
        Ok(TokenRecord { id, hash: hash.hash()?, account, role, name, created_at, revoked_at })
    }
}
