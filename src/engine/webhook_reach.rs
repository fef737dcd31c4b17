//! Where deliveries may go. Whoever may name a webhook must not be able to make the server call what only the
//! server can reach: its own loopback, a private network, a cloud's metadata address.
//!
//! A name says nothing; the address that it resolves to is judged, at each attempt.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where deliveries may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// By https to public addresses.
    #[default]
    Public,
    /// Also by http or https to this machine.
    Loopback,
    /// Also by http or https to private networks.
    Private,
}

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Public addresses are called by https only.
    #[error("webhooks to public addresses need https")]
    Plain,
    /// The address is of this machine.
    #[error("webhooks may not go to this machine; the setting webhook.reach = \"loopback\" permits it")]
    Loopback,
    /// The address is of a private network.
    #[error("webhooks may not go to private networks; the setting webhook.reach = \"private\" permits it")]
    Private,
    /// Nobody can be a subscriber at such an address.
    #[error("webhooks may not go to link-local, multicast, documentation or reserved addresses")]
    Reserved,
}

impl Reach {
    /// Whether an address may be called, by https or in plain.
    ///
    /// # Errors
    /// [`Forbidden`] says why not.
    pub fn permits(self, is_https: bool, address: IpAddr) -> Result<(), Forbidden> {
        match kind(address) {
            Kind::Reserved => Err(Forbidden::Reserved),
            Kind::Loopback if self < Self::Loopback => Err(Forbidden::Loopback),
            Kind::Private if self < Self::Private => Err(Forbidden::Private),
            Kind::Public if !is_https => Err(Forbidden::Plain),
            Kind::Public | Kind::Loopback | Kind::Private => Ok(()),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Public,
    Loopback,
    Private,
    Reserved,
}

fn kind(address: IpAddr) -> Kind {
    match address.to_canonical() {
        IpAddr::V4(address) => kind_of_v4(address),
        IpAddr::V6(address) => kind_of_v6(address),
    }
}

fn kind_of_v4(address: Ipv4Addr) -> Kind {
    let [a, b, c, _] = address.octets();
    if address.is_loopback() {
        Kind::Loopback
    } else if address.is_private() || (a == 100 && b & 0xC0 == 64) {
        // 100.64/10 is the carriers' private network.
        Kind::Private
    } else if a == 0
        || a >= 224
        || address.is_link_local()
        || address.is_documentation()
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && b & 0xFE == 18)
    {
        Kind::Reserved
    } else {
        Kind::Public
    }
}

fn kind_of_v6(address: Ipv6Addr) -> Kind {
    let segments = address.segments();
    let [first, second, ..] = segments;
    // An IPv4 address that a gateway translates: 64:ff9b::/96, and 2002::/16 with the address behind it.
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        kind_of_v4(Ipv4Addr::new(a, b, c, d))
    };
    if address.is_loopback() {
        Kind::Loopback
    } else if first & 0xFE00 == 0xFC00 {
        Kind::Private
    } else if segments[..6] == [0x64, 0xFF9B, 0, 0, 0, 0] {
        embedded(segments[6], segments[7])
    } else if first == 0x2002 {
        embedded(second, segments[2])
    } else if first & 0xE000 == 0x2000 && !(first == 0x2001 && (second < 0x200 || second == 0xDB8)) {
        // Only 2000::/3 is given out; 2001::/23 is for protocols, 2001:db8::/32 for documentation.
        Kind::Public
    } else {
        Kind::Reserved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(text: &str) -> Kind {
        kind(text.parse().expect("an address"))
    }

    #[test]
    fn addresses_are_told_apart_however_they_are_written() {
        for (kind, addresses) in [
            (Kind::Public, ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]),
            (Kind::Loopback, ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]),
            (Kind::Private, ["10.0.0.1", "172.16.3.4", "100.64.0.1", "fd00::1"]),
            (Kind::Private, ["192.168.1.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"]),
            (Kind::Reserved, ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255"]),
            (Kind::Reserved, ["fe80::1", "::", "ff02::1", "::ffff:169.254.169.254"]),
            (Kind::Reserved, ["2001:db8::1", "198.18.0.1", "192.0.2.1", "::7f00:1"]),
        ] {
            for address in addresses {
                assert_eq!(kind_of(address), kind, "{address}");
            }
        }
    }

    #[test]
    fn each_reach_adds_to_the_one_before() {
        let address = |text: &str| text.parse::<IpAddr>().expect("an address");
        let (own, lan, far) = (address("127.0.0.1"), address("10.0.0.1"), address("8.8.8.8"));
        assert_eq!(Reach::Public.permits(true, far), Ok(()));
        assert_eq!(Reach::Public.permits(false, far), Err(Forbidden::Plain));
        assert_eq!(Reach::Public.permits(true, own), Err(Forbidden::Loopback));
        assert_eq!(Reach::Loopback.permits(false, own), Ok(()));
        assert_eq!(Reach::Loopback.permits(true, lan), Err(Forbidden::Private));
        assert_eq!(Reach::Private.permits(false, lan), Ok(()));
        assert_eq!(Reach::Private.permits(false, far), Err(Forbidden::Plain));
        assert_eq!(Reach::Private.permits(true, address("169.254.169.254")), Err(Forbidden::Reserved));
    }
}
