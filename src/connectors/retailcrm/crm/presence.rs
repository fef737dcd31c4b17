//! Who is there? Two signs from two services, made into one.
//!
//! The gateway is quick: it tells of a login at once. The CRM is right: its `status` and `online` are the documented
//! pair that the official bot uses, but it must be asked, and one asks too late. So what the gateway says holds until
//! the CRM was asked well after it; without the CRM the gateway's word stands.

use std::time::Duration;

use crate::connectors::retailcrm::crm_wire::User;
use crate::domain::manager::{Presence, Status};
use crate::domain::time::Timestamp;

/// How long the CRM may take to agree with the gateway.
pub const GRACE: Duration = Duration::from_secs(30);

/// The status behind a word of the CRM. A word that nobody knows means that its owner does not want dialogs:
/// people choose it instead of `free`. No word at all means nothing.
pub fn status(word: &str) -> Option<Status> {
    match word {
        "" => None,
        "free" => Some(Status::Free),
        "dinner" => Some(Status::Dinner),
        "break" => Some(Status::Break),
        // `busy`, and whatever is added one day.
        _ => Some(Status::Busy),
    }
}

/// A value and since when it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sign<T> {
    value: T,
    since: Timestamp,
}

fn hear<T: PartialEq>(sign: &mut Option<Sign<T>>, value: Option<T>, now: Timestamp) {
    let Some(value) = value else {
        return;
    };
    if sign.as_ref().is_none_or(|sign| sign.value != value) {
        *sign = Some(Sign { value, since: now });
    }
}

/// Which of the two holds. `asked` is when the CRM was asked last.
fn judge<T: Copy>(gateway: Option<Sign<T>>, crm: Option<Sign<T>>, asked: Option<Timestamp>) -> Option<T> {
    match (gateway, crm) {
        (Some(gateway), Some(crm)) => {
            let crm_had_time = asked.is_some_and(|asked| asked >= gateway.since + GRACE);
            let is_news = gateway.since > crm.since;
            Some(if is_news && !crm_had_time { gateway.value } else { crm.value })
        }
        (one, other) => other.or(one).map(|sign| sign.value),
    }
}

/// What the gateway says of a user: in a list, or in `user_online_updated` and `user_updated`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewaySign {
    /// `is_online`, or `online` of the event.
    pub online: Option<bool>,
    /// `connected`; counts where `online` is not told.
    pub connected: Option<bool>,
    /// `available`: the vendor does not define it. Taken for "status is free", it is overruled by the CRM's status.
    pub available: Option<bool>,
}

/// What both services say of one manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    gateway_online: Option<Sign<bool>>,
    gateway_status: Option<Sign<Status>>,
    crm_online: Option<Sign<bool>>,
    crm_status: Option<Sign<Status>>,
    asked: Option<Timestamp>,
}

impl Signs {
    /// The gateway says something.
    pub fn gateway(&mut self, sign: GatewaySign, now: Timestamp) {
        let status = sign.available.map(|is_free| if is_free { Status::Free } else { Status::Busy });
        hear(&mut self.gateway_online, sign.online.or(sign.connected), now);
        hear(&mut self.gateway_status, status, now);
    }

    /// The CRM says something; `asked` is when it was asked.
    pub fn crm(&mut self, user: &User, asked: Timestamp) {
        hear(&mut self.crm_online, Some(user.online), asked);
        hear(&mut self.crm_status, status(&user.status), asked);
        self.asked = Some(asked);
    }

    /// What they come to. Whoever is not spoken of is not there.
    pub fn presence(&self) -> Presence {
        Presence {
            online: judge(self.gateway_online, self.crm_online, self.asked).unwrap_or(false),
            status: judge(self.gateway_status, self.crm_status, self.asked).unwrap_or_default(),
            // Neither service knows of leave.
            on_leave: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(seconds)
    }

    fn user(online: bool, status: &str) -> User {
        User { id: 17, mg_user_id: 41, online, status: status.into(), ..User::default() }
    }

    fn online(value: bool) -> GatewaySign {
        GatewaySign { online: Some(value), ..GatewaySign::default() }
    }

    fn word(signs: &Signs) -> (bool, Status) {
        let presence = signs.presence();
        (presence.online, presence.status)
    }

    #[test]
    fn without_the_crm_the_gateway_carries_on() {
        let mut signs = Signs::default();
        assert_eq!(word(&signs), (false, Status::Free));
        signs.gateway(GatewaySign { available: Some(true), ..online(true) }, at(0));
        assert_eq!(word(&signs), (true, Status::Free));
        signs.gateway(GatewaySign { available: Some(false), ..GatewaySign::default() }, at(2));
        assert_eq!(word(&signs), (true, Status::Busy));
        signs.gateway(GatewaySign { connected: Some(false), ..GatewaySign::default() }, at(3));
        assert_eq!(word(&signs), (false, Status::Busy));
    }

    #[test]
    fn the_gateway_is_quicker_and_the_crm_is_right() {
        let mut signs = Signs::default();
        signs.gateway(online(false), at(0));
        signs.crm(&user(false, "free"), at(0));
        signs.gateway(online(true), at(10));
        assert_eq!(word(&signs), (true, Status::Free));
        signs.crm(&user(false, "free"), at(12));
        assert_eq!(word(&signs), (true, Status::Free), "the CRM lags");
        signs.crm(&user(true, "dinner"), at(24));
        assert_eq!(word(&signs), (true, Status::Dinner));
        signs.gateway(online(false), at(30));
        assert_eq!(word(&signs), (false, Status::Dinner));
        signs.crm(&user(true, "dinner"), at(48));
        assert_eq!(word(&signs), (false, Status::Dinner));
        signs.crm(&user(true, "dinner"), at(60));
        assert_eq!(word(&signs), (true, Status::Dinner), "it insists");
    }

    #[test]
    fn the_crm_wins_where_both_begin() {
        let mut signs = Signs::default();
        signs.gateway(online(true), at(0));
        signs.crm(&user(false, "break"), at(0));
        assert_eq!(word(&signs), (false, Status::Break));
    }

    #[test]
    fn words_of_the_future_are_no_reason_to_disturb() {
        let known = [Some(Status::Free), Some(Status::Dinner), Some(Status::Break), None];
        assert_eq!(["free", "dinner", "break", ""].map(status), known);
        assert_eq!(["busy", "vacation"].map(status), [Some(Status::Busy); 2]);
    }
}
