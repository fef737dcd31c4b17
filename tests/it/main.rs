//! Service tests: one binary, laid out like the API and the command line.

mod cli;
mod cli_serve;
mod desk_decisions;
mod desk_properties;
mod desk_sketch;
mod desk_world;
mod dialog_properties;
mod engine;
mod http;
mod process;
mod rules_answers;
mod rules_bad_files;
mod rules_properties;
mod server;
mod store_contract;
