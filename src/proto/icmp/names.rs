//! Names of ICMP types and codes. Sources: IANA "ICMP Parameters" and "ICMPv6 Parameters"
//! registries, spelled without spaces as Packetbeat prints them.

include!(concat!(env!("OUT_DIR"), "/icmp_numbers.rs"));

/// Name of an ICMP (IPv4) type, and the names of its codes from 0 on.
pub(super) fn v4(kind: u8) -> Option<(&'static str, &'static [&'static str])> {
    Some(match kind {
        0 => ("EchoReply", &[]),
        3 => ("DestinationUnreachable", UNREACHABLE),
        4 => ("SourceQuench", &[]),
        5 => ("Redirect", &["Net", "Host", "TOS+Net", "TOS+Host"]),
        8 => ("EchoRequest", &[]),
        9 => ("RouterAdvertisement", &[]),
        10 => ("RouterSolicitation", &[]),
        11 => ("TimeExceeded", &["TTLExceeded", "FragmentReassemblyTimeExceeded"]),
        12 => ("ParameterProblem", &["PointerIndicatesError", "MissingOption", "BadLength"]),
        13 => ("TimestampRequest", &[]),
        14 => ("TimestampReply", &[]),
        15 => ("InfoRequest", &[]),
        16 => ("InfoReply", &[]),
        17 => ("AddressMaskRequest", &[]),
        18 => ("AddressMaskReply", &[]),
        30 => ("Traceroute", &[]),
        40 => ("Photuris", &["BadSPI", "AuthenticationFailed", "DecompressionFailed", "DecryptionFailed"]),
        42 => ("ExtendedEchoRequest", &[]),
        43 => ("ExtendedEchoReply", &["NoError", "MalformedQuery", "NoSuchInterface", "NoSuchTableEntry"]),
        _ => return None,
    })
}

/// Name of an ICMPv6 type, and the names of its codes from 0 on.
pub(super) fn v6(kind: u8) -> Option<(&'static str, &'static [&'static str])> {
    Some(match kind {
        1 => ("DestinationUnreachable", UNREACHABLE6),
        2 => ("PacketTooBig", &[]),
        3 => ("TimeExceeded", &["HopLimitExceeded", "FragmentReassemblyTimeExceeded"]),
        4 => ("ParameterProblem", PROBLEM6),
        128 => ("EchoRequest", &[]),
        129 => ("EchoReply", &[]),
        130 => ("MLDv1MulticastListenerQueryMessage", &[]),
        131 => ("MLDv1MulticastListenerReportMessage", &[]),
        132 => ("MLDv1MulticastListenerDoneMessage", &[]),
        133 => ("RouterSolicitation", &[]),
        134 => ("RouterAdvertisement", &[]),
        135 => ("NeighborSolicitation", &[]),
        136 => ("NeighborAdvertisement", &[]),
        137 => ("Redirect", &[]),
        138 => ("RouterRenumbering", &["Command", "Result"]),
        139 => ("NodeInformationQuery", &["IPv6", "Name", "IPv4"]),
        140 => ("NodeInformationResponse", &["Success", "Refused", "Unknown"]),
        141 => ("InverseNeighborDiscoverySolicitation", &[]),
        142 => ("InverseNeighborDiscoveryAdvertisement", &[]),
        143 => ("MLDv2MulticastListenerReportMessageV2", &[]),
        144 => ("HomeAgentAddressDiscoveryRequest", &[]),
        145 => ("HomeAgentAddressDiscoveryReply", &[]),
        146 => ("MobilePrefixSolicitation", &[]),
        147 => ("MobilePrefixAdvertisement", &[]),
        148 => ("CertificationPathSolicitation", &[]),
        149 => ("CertificationPathAdvertisement", &[]),
        151 => ("MulticastRouterAdvertisement", &[]),
        152 => ("MulticastRouterSolicitation", &[]),
        153 => ("MulticastRouterTermination", &[]),
        155 => ("RPLControl", &[]),
        157 => ("DuplicateAddressRequest", &[]),
        158 => ("DuplicateAddressConfirmation", &[]),
        160 => ("ExtendedEchoRequest", &[]),
        161 => ("ExtendedEchoReply", &["NoError", "MalformedQuery", "NoSuchInterface", "NoSuchTableEntry"]),
        _ => return None,
    })
}

/// `EchoRequest(0)`, `DestinationUnreachable(Port)`, or the bare numbers of an unknown type.
pub(super) fn message(version: u8, kind: u8, code: u8) -> String {
    let known = if version == 4 { v4(kind) } else { v6(kind) };
    match known {
        Some((name, codes)) => match codes.get(usize::from(code)) {
            Some(text) => format!("{name}({text})"),
            None => format!("{name}({code})"),
        },
        None => format!("{kind}({code})"),
    }
}
