//! Names of numbers. Sources: IANA "BOOTP Vendor Extensions and DHCP Options" and "ARP Parameters"
//! (hardware types), spelled as Packetbeat prints them.

include!(concat!(env!("OUT_DIR"), "/dhcpv4_numbers.rs"));

/// Name of an option.
pub(super) fn option(number: u8) -> String {
    let at = OPTIONS.binary_search_by_key(&number, |row| row.0).ok();
    let name = at.and_then(|at| OPTIONS.get(at)).map(|row| row.1.to_owned());
    name.unwrap_or_else(|| format!("unknown ({number})"))
}

/// Name of a hardware type.
pub(super) fn hardware(number: u8) -> String {
    let name = number.checked_sub(1).and_then(|at| HARDWARE.get(usize::from(at)));
    name.map_or_else(|| format!("unknown ({number})"), |name| (*name).to_owned())
}

/// Name of a message type.
pub(super) fn message(number: u8) -> String {
    let name = number.checked_sub(1).and_then(|at| MESSAGES.get(usize::from(at)));
    name.map_or_else(|| format!("unknown ({number})"), |name| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_names() {
        assert!(OPTIONS.is_sorted_by_key(|row| row.0));
        assert_eq!((option(42), option(84)), ("NTP Servers".to_owned(), "unknown (84)".to_owned()));
        assert_eq!(
            (hardware(1), hardware(32), hardware(0)),
            ("Ethernet".into(), "Infiniband".into(), "unknown (0)".into())
        );
        assert_eq!(
            (message(6), message(18), message(19)),
            ("nak".into(), "tls".into(), "unknown (19)".into())
        );
    }
}
