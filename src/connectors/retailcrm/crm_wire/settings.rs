//! The account's settings: hours, holidays, zone, and which store a channel belongs to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::envelope::object_or_empty;

/// `GET /api/v5/settings`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct SettingsPage {
    /// The settings.
    pub settings: Settings,
}

/// The settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Settings {
    /// IANA zone.
    pub timezone: Valued,
    /// Language of the account, in capital letters.
    pub system_language: Valued,
    /// Working hours; days that are not named are days off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub work_times: Vec<WorkTime>,
    /// Holidays of every year.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_working_days: Vec<NonWorkingDays>,
    /// Settings of chats.
    #[serde(deserialize_with = "object_or_empty")]
    pub mg: MgSettings,
}

/// A setting with a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Valued {
    /// The value.
    pub value: String,
}

/// Hours of one weekday, `HH:MM`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct WorkTime {
    /// `Monday` … `Sunday`.
    pub day_type: String,
    /// Opens.
    pub start_time: String,
    /// Closes.
    pub end_time: String,
    /// Lunch begins; empty: no lunch.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lunch_start_time: String,
    /// Lunch ends.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub lunch_end_time: String,
}

/// Days off in every year, `MM.DD`; may reach over the end of the year.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct NonWorkingDays {
    /// First day.
    pub start_date: String,
    /// Last day.
    pub end_date: String,
}

/// Settings of chats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct MgSettings {
    /// How orders are made from chats.
    #[serde(deserialize_with = "object_or_empty")]
    pub order_creation: OrderCreation,
}

/// How orders are made from chats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct OrderCreation {
    /// In general.
    #[serde(deserialize_with = "object_or_empty")]
    pub default: OrderDefaults,
    /// By channel; whose id the key is, the gateway's or the CRM's, is not documented.
    #[serde(deserialize_with = "object_or_empty")]
    pub channels: BTreeMap<String, OrderDefaults>,
}

/// What a new order begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct OrderDefaults {
    /// The store.
    pub site: String,
    /// Type of order.
    pub order_type: String,
    /// Method of order.
    pub order_method: String,
}
