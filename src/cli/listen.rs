//! Binds the port, or says in a sentence why it cannot be.

use std::io;
use std::net::{SocketAddr, TcpListener};

use super::exit::Failure;

/// A listener on the address.
///
/// # Errors
/// The port is taken, needs rights, or the address is not of this machine.
pub fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| explain(address, &error))
}

fn explain(address: SocketAddr, error: &io::Error) -> Failure {
    let another = SocketAddr::new(address.ip(), if address.port() == 8_081 { 8_082 } else { 8_081 });
    let kind = error.kind();
    let (why, help) = if kind == io::ErrorKind::AddrInUse {
        (
            "the port is taken, perhaps by another reparto".to_owned(),
            format!("stop what listens there, or choose another port: --listen {another}"),
        )
    } else if kind == io::ErrorKind::PermissionDenied {
        (
            "this user may not".to_owned(),
            format!("ports below 1024 need rights; choose another: --listen {another}"),
        )
    } else if kind == io::ErrorKind::AddrNotAvailable {
        (
            "this machine has no such address".to_owned(),
            "use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses".to_owned(),
        )
    } else {
        (error.to_string(), format!("check the address, or choose another: --listen {another}"))
    };
    Failure::new(format!("cannot listen on {address}: {why}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_a_way_out() {
        let first = bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("some port is free");
        let address = first.local_addr().expect("it has an address");
        let told = bind(address).expect_err("it is taken").to_string();
        let expected =
            format!("error: cannot listen on {address}: the port is taken, perhaps by another reparto");
        assert!(told.starts_with(&expected), "{told}");
        assert!(told.contains("--listen 127.0.0.1:8081"), "{told}");
    }

    #[test]
    fn a_foreign_address_is_explained() {
        let told = bind(SocketAddr::from(([192, 0, 2, 1], 0))).expect_err("it is not ours").to_string();
        assert!(told.contains("this machine has no such address"), "{told}");
    }
}
