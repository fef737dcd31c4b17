//! The CRM itself (API v5), beside its Message Gateway: who the customers are, who the managers are and what they say
//! of their presence, hours and shops, and how Reparto becomes a bot of the account.
//!
//! [`request`] and [`answer`] are plain values and pure functions; [`client`] is the only one that speaks HTTP.
//! Nothing here is needed to share out dialogs: without the CRM the gateway's data alone carry on.

pub mod answer;
pub mod callbacks;
pub mod checkup;
pub mod client;
pub mod companion;
pub mod enquiries;
pub mod facts;
pub mod first_contact;
pub mod hours;
pub mod lookup;
pub mod pace;
pub mod people;
pub mod presence;
pub mod registration;
pub mod request;
pub mod sites;
pub mod writes;
