//! Connectors, tried against recorded bodies of their CRMs.

mod bodies;
mod crm_bodies;
mod mg_bodies;
