//! retailCRM (Simla.com): its Message Gateway, to which Reparto is a bot with the role `distributor`.

pub mod crm_wire;
pub mod wire;
