//! Numbers and their names: the tables are data (`numbers/*.tsv`, each with its source), made into Rust by build.rs,
//! which also sees to it that they are sorted.

/// The name of a number.
pub(super) fn find<N: Ord + Copy>(table: &[(N, &'static str)], number: N) -> Option<&'static str> {
    table.binary_search_by_key(&number, |row| row.0).ok().and_then(|at| table.get(at)).map(|row| row.1)
}

/// The same, in words whatever the number: the name, or the number.
pub(super) fn name<N: Ord + Copy + ToString>(table: &[(N, &'static str)], number: N) -> String {
    find(table, number).map_or_else(|| number.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_name_stay_numbers() {
        let table = [(1u8, "one"), (7, "seven")];
        assert_eq!(
            (find(&table, 7), find(&table, 2), name(&table, 1), name(&table, 3)),
            (Some("seven"), None, "one".into(), "3".into())
        );
    }
}
