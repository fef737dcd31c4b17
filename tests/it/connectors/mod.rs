//! Connectors, tried against recorded bodies of their CRMs and against the stand-in.

mod bench;
mod bodies;
mod chat_commands;
mod companion;
mod crm_bodies;
mod crm_client;
mod crm_gate;
mod crm_hours;
mod crm_stub;
mod day;
mod live;
mod mg_bodies;
mod mg_client;
mod mirror_orders;
mod mirror_world;
mod tags;
