//! All problems that the API can answer with: their stable codes, statuses and meanings, in one table.

/// A kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The stable code that clients may branch on.
    pub code: &'static str,
    /// HTTP status.
    pub status: u16,
    /// A short name for people.
    pub title: &'static str,
    /// What it means and what to do.
    pub meaning: &'static str,
}

macro_rules! kinds {
    ($($name:ident $status:literal $code:literal $title:literal $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub static $name: Kind = Kind { code: $code, status: $status, title: $title, meaning: $meaning };
        )+
        /// All kinds of problems.
        pub static ALL: &[&Kind] = &[$(&$name),+];
    };
}

kinds! {
    MALFORMED_JSON 400 "malformed_json" "Malformed JSON"
        "The body is not JSON. `line` and `column` say where it ends to be.";
    BAD_PATH 400 "bad_path" "Malformed address"
        "A part of the address is not percent-encoded UTF-8.";
    BAD_HEADER 400 "bad_header" "Malformed header"
        "A header has a value that cannot be used.";
    UNREADABLE_BODY 400 "unreadable_body" "The body could not be read"
        "The connection broke off, or the body is not what its headers say.";
    UNAUTHORIZED 401 "unauthorized" "No valid token"
        "Send `Authorization: Bearer TOKEN` with a token that is valid.";
    NOT_PERMITTED 403 "not_permitted" "The token does not permit this"
        "The token's role does not include this call.";
    WRONG_ACCOUNT 403 "wrong_account" "The token is for another account"
        "A token reaches its own account only, whether or not the other exists.";
    FORBIDDEN 403 "forbidden" "Only an administrator or the responsible may do this"
        "Name an administrator or the dialog's responsible in `by`, or leave `by` out to act as the backend.";
    NOT_RESPONSIBLE 403 "not_responsible" "The writer is not the responsible"
        "Whoever is no longer responsible cannot write. The message was recorded as failed.";
    NOT_LAST_RESPONSIBLE 403 "not_last_responsible" "The dialog went to somebody else"
        "After closing, the manager who had a dialog may start again only if nobody had it since.";
    NO_SUCH_ROUTE 404 "no_such_route" "There is no such address"
        "See /openapi.json or /docs for the addresses there are.";
    UNKNOWN_ID 404 "unknown_id" "There is no such thing"
        "An id does not exist in the account. When it stands in the body, the status is 422.";
    UNKNOWN_ACCOUNT 404 "unknown_account" "There is no such account"
        "Create it with PUT /v1/accounts/{account}.";
    WRONG_METHOD 405 "wrong_method" "The address does not take this method"
        "The header `Allow` lists the methods that it takes.";
    SLOW_BODY 408 "slow_body" "The body came too slowly"
        "Send the whole body without pauses.";
    DUPLICATE_ID 409 "duplicate_id" "The id exists with other content"
        "Send a new id, or repeat the first request unchanged.";
    DIALOG_CLOSED 409 "dialog_closed" "The dialog is closed"
        "A closed dialog never changes. A customer's message in its chat opens a new one.";
    MANAGER_ABSENT 409 "manager_absent" "The manager is absent"
        "Send `allow_absent: true` to assign all the same.";
    NOT_ASSIGNED 409 "not_assigned" "The dialog has no responsible"
        "There is nothing to take back.";
    NOT_OFFERED 409 "not_offered" "The dialog is not offered to them"
        "Only whoever a dialog is offered to, or an administrator, may accept or decline it, and only until the offer ends. `detail` says what became of the dialog instead.";
    INTERNAL_DIALOG 409 "internal_dialog" "The dialog is internal"
        "An internal dialog is between managers: it is not routed, and customers do not write in it.";
    QUARANTINED 409 "quarantined" "The dialog was set aside"
        "It failed repeatedly and needs a person: an administrator may assign or close it.";
    CUSTOMER_MERGED 409 "customer_merged" "The customer was merged into another"
        "The id leads to the record that stays, for reading and for opening dialogs. Write to that record.";
    RULES_MOVED 409 "rules_moved" "Other rules came into force meanwhile"
        "The version named in `expected` is not in force any more. Compare with the one that is, and try again.";
    IDEMPOTENCY_IN_PROGRESS 409 "idempotency_in_progress" "A request with this key is under way"
        "Repeat the request in a moment; it will then answer as the first one did.";
    BODY_TOO_LARGE 413 "body_too_large" "The body is too large"
        "Send less at once.";
    BATCH_TOO_LARGE 413 "batch_too_large" "The batch has too many items"
        "Send fewer items at once.";
    WRONG_CONTENT_TYPE 415 "wrong_content_type" "The content type is not taken"
        "Send `Content-Type: application/json` without content encoding.";
    UNKNOWN_FIELD 422 "unknown_field" "There is no such field"
        "A field or parameter has a name that does not exist here; `suggestion` is the nearest that does.";
    MISSING_FIELD 422 "missing_field" "A field is missing"
        "A field that must be there is not.";
    WRONG_TYPE 422 "wrong_type" "A value has the wrong type"
        "A value is not of the type that its field takes.";
    BAD_VALUE 422 "bad_value" "A value cannot be accepted"
        "A value has the right type but cannot be accepted; `detail` says what would be.";
    BAD_ID 422 "bad_id" "An identifier is not acceptable"
        "Identifiers have 1 to 128 bytes without white space, control characters, or any of / ? # \\ \".";
    STATUS_NOT_REPORTED 422 "status_not_reported" "The channel does not report this status"
        "Change the channel's features if it does.";
    BAD_RULES 422 "bad_rules" "The rules have errors"
        "The rule set cannot be used, and the former one stays in force; `check` lists its errors with their places.";
    FAILED_TESTS 422 "failed_tests" "The tests of the rules fail"
        "The rule set says by its `[[test]]` tables what it should do, and does something else. The former one stays in force.";
    IDEMPOTENCY_MISMATCH 422 "idempotency_mismatch" "The key belongs to another request"
        "The `Idempotency-Key` was used with other content. Use a new key for a new request.";
    RATE_LIMITED 429 "rate_limited" "Too many requests"
        "The token's rate is used up. Wait as many seconds as `Retry-After` says.";
    INTERNAL 500 "internal" "Something went wrong inside"
        "The request met a defect. It was logged; nothing of it is told here.";
    STORE_UNAVAILABLE 503 "store_unavailable" "The store is not available"
        "Nothing was changed, or it is not known to be durable. Repeat the request.";
    BUSY 503 "busy" "Too much is under way"
        "Nothing was changed. Repeat the request after a moment.";
    STOPPING 503 "stopping" "The account is starting or stopping"
        "Nothing was changed. Repeat the request after a moment.";
}

/// The kind with this code.
pub fn find(code: &str) -> Option<&'static Kind> {
    ALL.iter().find(|kind| kind.code == code).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let codes: BTreeSet<_> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
        assert!(ALL.iter().all(|kind| (400..=599).contains(&kind.status)));
    }
}
