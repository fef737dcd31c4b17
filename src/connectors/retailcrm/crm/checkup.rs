//! Is the account well connected? From what was asked of the CRM and of the gateway to findings, each with its remedy.

use super::answer::CrmError;
use super::registration::Standing;
use crate::connectors::retailcrm::crm_wire::Credentials;
use crate::connectors::retailcrm::wire::{Bot, Channel, User};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// As it should be.
    Fine,
    /// It works, and something is missing or odd.
    Odd,
    /// It does not work.
    Red,
}

impl Mark {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fine => "ok",
            Self::Odd => "odd",
            Self::Red => "RED",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub mark: Mark,
    /// What was found.
    pub what: String,
    /// How to mend it; empty when there is nothing to mend.
    pub mend: String,
}

/// A clock that is further off than this makes waits and hours wrong that people notice.
const MOST_SKEW: i64 = 5;

/// What the CRM lets a key do that we need, and what for. The CRM names rights by the addresses they open.
const RIGHTS: [(&str, &str); 5] = [
    ("customers", "who owns a customer, VIP, tags and orders in rules"),
    ("users", "status and presence of managers"),
    ("user-groups", "groups of managers"),
    ("settings", "working hours and the store of each channel"),
    ("integration-modules", "registration, and whether the bot may act"),
];

/// What was asked, and what came of it. `None`: it was not asked.
#[derive(Debug, Default)]
pub struct Seen {
    /// What the key may do.
    pub credentials: Option<Result<Credentials, CrmError>>,
    /// Things that were read once: the last part of their address, and whether that worked.
    pub reads: Vec<(&'static str, Result<(), CrmError>)>,
    /// Whether our module may act.
    pub module: Option<Result<Standing, CrmError>>,
    /// By how many seconds our clock is ahead of the CRM's.
    pub clock_ahead: Option<i64>,
    /// Who we are in the gateway; an error in words.
    pub me: Option<Result<Bot, String>>,
    /// Other active distributors.
    pub rivals: Option<Result<Vec<Bot>, String>>,
    /// Everybody with access to chats.
    pub users: Option<Result<Vec<User>, String>>,
    /// All channels.
    pub channels: Option<Result<Vec<Channel>, String>>,
}

fn finding(mark: Mark, what: impl Into<String>, mend: impl Into<String>) -> Finding {
    Finding { mark, what: what.into(), mend: mend.into() }
}

fn fine(what: impl Into<String>) -> Finding {
    finding(Mark::Fine, what, "")
}

/// What is to be said of it, in the order in which to mend it.
pub fn judge(seen: &Seen) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(seen.credentials.as_ref().map(key));
    found.extend(seen.reads.iter().map(|(what, read)| right(what, read)));
    found.extend(seen.module.as_ref().map(module));
    found.extend(seen.clock_ahead.map(clock));
    found.extend(seen.me.as_ref().map(token));
    found.extend(seen.me.as_ref().and_then(|me| me.as_ref().ok()).map(role));
    found.extend(seen.rivals.as_ref().map(rivals));
    found.extend(seen.users.as_ref().map(staff));
    found.extend(seen.channels.as_ref().map(channels));
    found
}

fn key(credentials: &Result<Credentials, CrmError>) -> Finding {
    match credentials {
        Ok(known) if known.site_access.is_empty() || known.site_access == "access_full" => {
            fine("the CRM takes the key, for all stores")
        }
        Ok(_) => finding(
            Mark::Odd,
            "the key may not see all stores: customers of the others are strangers",
            "give the key access to all stores",
        ),
        Err(error) => {
            finding(Mark::Red, error.to_string(), "see `crm_url` and `crm_key_file` in the settings file")
        }
    }
}

fn right(what: &str, read: &Result<(), CrmError>) -> Finding {
    let purpose = RIGHTS.iter().find(|(right, _)| *right == what).map_or("", |(_, purpose)| *purpose);
    match read {
        Ok(()) => fine(format!("the CRM shows {what} ({purpose})")),
        Err(CrmError::Unauthorized(_)) => finding(
            Mark::Red,
            format!("the key may not see {what}, which is needed for {purpose}"),
            "give the key the rights that the README names",
        ),
        Err(error) => {
            finding(Mark::Red, format!("{what} cannot be read: {error}"), "try again; then ask the vendor")
        }
    }
}

fn module(module: &Result<Standing, CrmError>) -> Finding {
    match module {
        Ok(standing @ Standing::Runs) => fine(standing.words()),
        Ok(standing @ (Standing::SwitchedOff | Standing::Frozen)) => finding(
            Mark::Red,
            standing.words(),
            "switch it on in the CRM under Settings > Integration > Marketplace, or register again",
        ),
        Err(error) => finding(
            Mark::Red,
            format!("our integration module cannot be read: {error}"),
            "register: `reparto retailcrm register --help`",
        ),
    }
}

fn clock(ahead: i64) -> Finding {
    if ahead.abs() <= MOST_SKEW {
        return fine("this machine's clock agrees with the CRM's");
    }
    let how = if ahead > 0 { "ahead of" } else { "behind" };
    let what = format!("this machine's clock is {} s {how} the CRM's", ahead.abs());
    finding(Mark::Red, what, "set the clock, best by NTP: waits and hours are counted by it")
}

fn token(me: &Result<Bot, String>) -> Finding {
    match me {
        Ok(bot) if bot.acts() => {
            fine(format!("the gateway knows the token: it is bot {} `{}`", bot.id, bot.name))
        }
        Ok(bot) => finding(
            Mark::Red,
            format!("the gateway has bot {} `{}` switched off", bot.id, bot.name),
            "switch the module on in the CRM, or register again",
        ),
        Err(why) => finding(
            Mark::Red,
            format!("the gateway does not answer as it should: {why}"),
            "see `endpoint` and `token_file`; `reparto retailcrm register` reads the token again",
        ),
    }
}

fn role(me: &Bot) -> Finding {
    if me.is_distributor() {
        return fine("it has the role `distributor`");
    }
    finding(
        Mark::Odd,
        "it does not have the role `distributor` yet, so that the CRM's own assignment may interfere",
        "start the server: the connector takes the role",
    )
}

fn rivals(rivals: &Result<Vec<Bot>, String>) -> Finding {
    match rivals.as_deref() {
        Ok([]) => fine("no other bot shares out dialogs"),
        Ok(rivals) => {
            let names: Vec<_> = rivals.iter().map(|bot| format!("`{}`", bot.name)).collect();
            finding(
                Mark::Red,
                format!("another bot shares out dialogs too: {}", names.join(", ")),
                "switch it off in the CRM's marketplace: two would take dialogs from each other",
            )
        }
        Err(why) => finding(Mark::Odd, format!("other bots cannot be seen: {why}"), ""),
    }
}

fn staff(users: &Result<Vec<User>, String>) -> Finding {
    let users = match users {
        Ok(users) => users,
        Err(why) => return finding(Mark::Red, format!("managers cannot be seen: {why}"), "see `token_file`"),
    };
    let serving = users.iter().filter(|user| user.may_serve()).count();
    let technical = users.iter().filter(|user| user.is_technical_account == Some(true)).count();
    if serving == 0 {
        return finding(Mark::Red, "nobody has access to chats", "give managers access to chats in the CRM");
    }
    let aside = match technical {
        0 => String::new(),
        1 => "; 1 technical account is never chosen".into(),
        more => format!("; {more} technical accounts are never chosen"),
    };
    fine(format!("{serving} managers have access to chats{aside}"))
}

fn channels(channels: &Result<Vec<Channel>, String>) -> Finding {
    let channels = match channels {
        Ok(channels) => channels,
        Err(why) => return finding(Mark::Red, format!("channels cannot be seen: {why}"), "see `token_file`"),
    };
    let working: Vec<_> = channels.iter().filter(|channel| channel.works()).collect();
    if working.is_empty() {
        return finding(Mark::Odd, "no channel works", "connect a messenger in the CRM");
    }
    let mute = working.iter().filter(|channel| !channel.bot_may_write()).count();
    if mute > 0 {
        let what = format!("{} channels work; a bot may not write in {mute} of them", working.len());
        return finding(Mark::Odd, what, "warnings, farewells and automatic replies are left out there");
    }
    fine(format!("{} channels work", working.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::retailcrm::wire::BotRole;

    const RED: Mark = Mark::Red;
    const ODD: Mark = Mark::Odd;

    fn router() -> Bot {
        Bot { id: 7, name: "Reparto".into(), roles: vec![BotRole::Distributor], ..Bot::default() }
    }

    fn marks(seen: &Seen) -> Vec<Mark> {
        judge(seen).iter().map(|finding| finding.mark).collect()
    }

    #[test]
    fn a_good_connection_has_nothing_to_mend() {
        let seen = Seen {
            credentials: Some(Ok(Credentials::default())),
            reads: vec![("customers", Ok(())), ("users", Ok(()))],
            module: Some(Ok(Standing::Runs)),
            clock_ahead: Some(-2),
            me: Some(Ok(router())),
            rivals: Some(Ok(Vec::new())),
            users: Some(Ok(vec![User { id: 41, ..User::default() }])),
            channels: None,
        };
        let found = judge(&seen);
        assert!(
            found.iter().all(|finding| finding.mark == Mark::Fine && finding.mend.is_empty()),
            "{found:?}"
        );
        assert_eq!(found.len(), 9);
        assert_eq!(judge(&Seen::default()), []);
    }

    #[test]
    fn each_fault_is_told_with_its_remedy() {
        let unauthorized = || CrmError::Unauthorized("Access denied.".into());
        let technical = User { is_technical_account: Some(true), ..User::default() };
        let seen = Seen {
            credentials: Some(Err(unauthorized())),
            reads: vec![("customers", Err(unauthorized()))],
            module: Some(Ok(Standing::Frozen)),
            clock_ahead: Some(90),
            me: Some(Ok(Bot { is_active: Some(false), roles: Vec::new(), ..router() })),
            rivals: Some(Ok(vec![router()])),
            users: Some(Ok(vec![technical])),
            channels: Some(Ok(Vec::new())),
        };
        assert_eq!(marks(&seen), [RED, RED, RED, RED, RED, ODD, RED, RED, ODD]);
        assert!(judge(&seen).iter().all(|finding| !finding.mend.is_empty()));
        let seen = Seen {
            me: Some(Err("the token is no good".into())),
            rivals: Some(Err("?".into())),
            users: Some(Err("?".into())),
            credentials: Some(Ok(Credentials {
                site_access: "access_selective".into(),
                ..Credentials::default()
            })),
            ..Seen::default()
        };
        assert_eq!(marks(&seen), [ODD, RED, ODD, RED]);
    }
}
