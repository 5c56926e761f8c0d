//! The parts of an expression as they are written.

/// A template or grok expression cut into what stands between braces and what stands around.
pub(super) fn parts(source: &str) -> Vec<&str> {
    let (mut out, mut left) = (Vec::new(), source);
    while !left.is_empty() {
        let len = match left.starts_with("%{") {
            true => left.find('}').map_or(left.len(), |at| at + 1),
            false => literal(left),
        };
        let (part, rest) = left.split_at_checked(len.max(1)).unwrap_or((left, ""));
        out.push(part);
        left = rest;
    }
    out
}

/// Length of the text before the next field; `%%` is a percent sign.
fn literal(text: &str) -> usize {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('%')) {
        at += found;
        match text.as_bytes().get(at + 1) {
            Some(b'%') => at += 2,
            Some(b'{') => return at,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn the_parts_put_together_are_the_source() {
        assert_eq!(parts("a %{x} b%%{c} %{y:rest}%{z}"), ["a ", "%{x}", " b%%{c} ", "%{y:rest}", "%{z}"]);
        for source in ["", "%", "%{", "%%", "100%% %{a} %", "%{a}%{b}"] {
            assert_eq!(parts(source).concat(), source);
        }
    }
}
