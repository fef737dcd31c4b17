//! The sandbox: a stand-in Message Gateway and CRM, to try a connection and to test the connector against.
//!
//! It keeps books of its own and shares no code with the connector, so that a misreading on one side shows on the
//! other. All of it is a pure state under a clock that is told. It is not part of `serve`. So far it is the gateway's
//! state and its REST side; sockets, the CRM and simulated people are still to be wrapped around it.
//!
//! What the vendor's sources say is done as they say. Where they are silent the module says what was chosen.

pub mod gateway;
