//! What goes over the wire between the CRM itself (API v5) and us: customers, users, groups, settings, registration.
//!
//! The Message Gateway is another service with other words: [`super::wire`]. Here answers are an envelope with
//! `success`, lists come in pages, times are in the account's zone and without offset, and what is empty may be an
//! array where an object is meant.

mod customer;
mod envelope;
mod module;
mod settings;
mod user;

pub use customer::{Customer, CustomerPage, MgCustomer, Order, OrderPage, Phone, Segment, Tag};
pub use envelope::{Answer, Pagination, Refusal, decode};
pub use module::{
    Credentials, Integrations, MgBot, MgBotInfo, Module, ModuleEdited, ModuleInfo, ModuleShown, SystemInfo,
};
pub use settings::{
    MgSettings, NonWorkingDays, OrderCreation, OrderDefaults, Settings, SettingsPage, Valued, WorkTime,
};
pub use user::{Group, GroupPage, User, UserPage};
