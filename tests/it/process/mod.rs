//! The real program as a child process, on a disk and a port: what happens to it, and what it must survive.

mod bad_environment;
mod driver;
mod explains;
mod place;
mod real_trace;
mod retailcrm;
mod rules_live;
mod stops_well;
