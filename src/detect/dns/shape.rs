//! Names that are made by a pattern, and carry little for their length.

use std::collections::BTreeMap;

/// So many names by a pattern carry what one does that is all data: clouds and content networks number their machines.
const PATTERNED: u64 = 10;
/// Names of one length that are enough to see what in them is always the same.
const ENOUGH: usize = 8;

/// How many names carry data, those by a pattern counted as so many fewer. `long` is the length of varying letters from
/// which a name carries something.
pub(super) fn carriers(names: &[String], long: usize) -> u64 {
    let mut lengths: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    names.iter().for_each(|name| lengths.entry(name.len()).or_default().push(name));
    let alike = |names: &[&str]| names.len() >= ENOUGH && varying(names) < long;
    let (mut plain, mut patterned) = (0u64, 0u64);
    for names in lengths.values() {
        let (whole, alike) = (names.len() as u64, alike(names));
        let made = names.iter().filter(|name| alike || letters_of_data(name) < long).count() as u64;
        plain += whole - made;
        patterned += made;
    }
    plain + patterned / PATTERNED
}

/// Letters that differ between names of one length: most have another one there than the most frequent.
fn varying(names: &[&str]) -> usize {
    let length = names.first().map_or(0, |name| name.len());
    let differs = |at: &usize| {
        let mut counts = [0usize; 256];
        for byte in names.iter().filter_map(|name| name.as_bytes().get(*at)) {
            if let Some(count) = counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        let most = counts.iter().max().copied().unwrap_or(0);
        most * 10 < names.len() * 9
    };
    (0..length).filter(differs).count()
}

/// Letters without the labels that stand for a machine: a UUID, or an address written with hyphens.
fn letters_of_data(name: &str) -> usize {
    name.split('.').filter(|label| !is_uuid(label) && !is_address(label)).map(str::len).sum()
}

/// RFC 9562 §4.
fn is_uuid(label: &str) -> bool {
    let groups = label.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    groups && label.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

/// `ip-10-0-17-3`: at the end of the label four numbers of a byte.
fn is_address(label: &str) -> bool {
    let numbers = label.rsplit('-').take_while(|part| part.parse::<u8>().is_ok()).count();
    numbers == 4
}

#[cfg(test)]
mod tests {
    use super::carriers;

    fn names(count: u64, one: impl Fn(u64) -> String) -> Vec<String> {
        (0..count).map(one).collect()
    }

    fn hex(n: u64) -> u64 {
        n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    #[test]
    fn numbered_machines_carry_little() {
        let video = names(120, |n| format!("r{}---sn-{:012x}", n % 8, hex(n) >> 16));
        assert_eq!(carriers(&video, 20), 12);
        let machines = names(100, |n| format!("ip-10-0-{}-{n}.eu-central-1", hex(n) >> 56));
        assert_eq!(carriers(&machines, 20), 10);
        let uuid = |n: u64| {
            let text = format!("{:016x}{:016x}", hex(n), hex(n + 1000));
            format!("{}-{}-{}-{}-{}.db", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
        };
        assert_eq!(carriers(&names(100, uuid), 20), 10);
        let data = names(100, |n| format!("{:016x}{:016x}.t", hex(n), hex(n + 1000)));
        assert_eq!(carriers(&data, 20), 100);
        let split = names(100, |n| format!("{:08x}.{:016x}", hex(n) >> 32, hex(n + 1000)));
        assert_eq!(carriers(&split, 20), 100);
    }
}
