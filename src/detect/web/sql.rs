//! SQL as programs spell it that look for holes.

/// Whether a condition compares a number, or a text in quotes, with itself: `4711=4711`, `'x'='x`, `(7)=(7)`.
pub(super) fn is_always_so(behind: &[u8]) -> bool {
    let (left, rest) = word(behind);
    let Some((b'=', rest)) = rest.split_first() else { return false };
    !left.is_empty() && word(rest).0 == left && behind.first().is_some_and(|b| !b.is_ascii_alphabetic())
}

/// Whether what follows `union select` is a list of columns, or what stands for one: `1,2`, `null`, `'x'`, `char(…)`, `@@version`.
pub(super) fn is_list(after: &[u8]) -> bool {
    let start = after.trim_ascii_start();
    let first = start.first().is_some_and(|b| b.is_ascii_digit() || b"'\"(@*".contains(b));
    let null = start.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"null"));
    let holds = |what: &[u8]| memchr::memmem::find(after, what).is_some();
    first || null || [&b","[..], b"--", b"#", b"/*", b"("].into_iter().any(holds)
}

/// Whether a value ends what it was put into: a number, a quote or a bracket before the next word.
pub(super) fn is_broken_out(inside: &[u8]) -> bool {
    inside.trim_ascii_end().last().is_some_and(|b| b.is_ascii_digit() || b"'\");".contains(b))
}

/// Whether a function stands where SQL calls one, and not at the start of a value or behind a word.
pub(super) fn is_called(inside: &[u8]) -> bool {
    let inside = inside.strip_suffix(b"pg_").unwrap_or(inside).trim_ascii_end();
    let word = |word: &&str| {
        let at = inside.len().checked_sub(word.len());
        at.and_then(|at| inside.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word.as_bytes()))
    };
    is_broken_out(inside)
        || inside.last().is_some_and(|b| b"(,|+-*=<>\"".contains(b))
        || [" and", " or", "select", "rlike", "xor", "then", "waitfor"].iter().any(word)
}

/// Whether a value goes no further than the call of a function, but for a comment or a quote.
pub(super) fn ends_with_call(after: &[u8]) -> bool {
    let end = after.iter().rposition(|b| *b == b')').and_then(|at| after.get(at + 1..));
    end.is_some_and(|rest| !rest.trim_ascii_start().first().is_some_and(u8::is_ascii_alphanumeric))
}

/// Letters and digits at the start of a text, without quotes, blanks and brackets around them, and what stands behind.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let around = |b: &u8| matches!(b, b' ' | b'\'' | b'"' | b'(' | b')');
    let skip = |text: &[u8], inside: &dyn Fn(&u8) -> bool| text.iter().take_while(|b| inside(b)).count();
    let text = text.get(skip(text, &around)..).unwrap_or_default();
    let (word, rest) = text.split_at(skip(text, &|b| b.is_ascii_alphanumeric()));
    (word, rest.get(skip(rest, &around)..).unwrap_or_default())
}

/// The text with one blank for whatever separates the words of SQL: comments, line ends, tabs, several blanks; what
/// stands in `/*!50000 … */` is read by MySQL. `None` if it is so already, as nearly all are.
pub(super) fn spaced(text: &[u8]) -> Option<Vec<u8>> {
    let odd = |b: u8| matches!(b, b'\t'..=b'\r');
    // Of nearly every request: without a branch for each byte.
    let any = text.iter().fold(false, |any, b| any | odd(*b));
    let find = |what: &[u8]| memchr::memmem::find(text, what).is_some();
    if !any && !find(b"/*") && !find(b"  ") {
        return None;
    }
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((first, after)) = rest.split_first() {
        let mut blank = *first == b' ' || odd(*first);
        rest = after;
        if let (b'/', Some(inside)) = (*first, after.strip_prefix(b"*")) {
            blank = true;
            rest = match inside.strip_prefix(b"!") {
                Some(read) => {
                    read.get(read.iter().take_while(|b| b.is_ascii_digit()).count()..).unwrap_or_default()
                }
                None => memchr::memmem::find(inside, b"*/")
                    .and_then(|end| inside.get(end + 2..))
                    .unwrap_or_default(),
            };
        } else if let (b'*', Some(behind)) = (*first, after.strip_prefix(b"/")) {
            (blank, rest) = (true, behind);
        }
        match blank {
            true if out.last() == Some(&b' ') => {}
            true => out.push(b' '),
            false => out.push(*first),
        }
    }
    Some(out)
}
