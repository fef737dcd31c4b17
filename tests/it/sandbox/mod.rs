//! The sandbox as a stranger meets it: over real sockets, with a plain client.

mod client;
mod crm;
mod faults;
mod gateway;
mod shapes;
