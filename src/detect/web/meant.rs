//! What stands around a text that attacks send, and whether it is one there: words that people search for and addresses
//! that hang together by themselves are none, or a weak sign.

use super::signs::Sign;
use super::sql;

/// How sure a sign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Attacks send it, and now and then somebody who means nothing by it.
    Weak,
    /// It has the syntax of an attack.
    Strong,
}

/// Where a text of a request stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// The address, with its query or without.
    #[default]
    Address,
    /// The query alone, without the question mark.
    Query,
    /// The user agent and other headers.
    Header,
}

/// A text that was found in a part of a request, and what stands around it, decoded.
#[derive(Clone, Copy)]
pub struct Found<'t> {
    /// The kind of attack.
    pub sign: Sign,
    /// The text.
    pub sought: &'static str,
    /// Where.
    pub part: Part,
    /// The part as it was sent.
    pub raw: &'t [u8],
    /// What stands before the text, and behind it.
    pub before: &'t [u8],
    /// What stands behind the text.
    pub behind: &'t [u8],
}

/// Parameters that hold what somebody typed.
const SEARCHES: &[&str] = &[
    "q",
    "query",
    "s",
    "search",
    "search_query",
    "searchterm",
    "keyword",
    "keywords",
    "term",
    "terms",
    "text",
    "words",
    "phrase",
];

/// What statements of SQL begin with. Programs send whole ones to data bases that speak HTTP; who breaks into one sends
/// what stands behind its beginning.
const STATEMENTS: &[&str] = &["select ", "show ", "with ", "explain ", "describe ", "insert ", "create "];

/// Pages and pictures, which sites name by the way from the page that shows them.
const ASSETS: &[&str] = &[
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".ico", ".css", ".js", ".woff2", ".html", ".pdf",
    ".mp4",
];

/// Endings of files that show what the secret one would look like.
const EXAMPLES: &[&str] = &[".example", ".sample", ".dist", ".template"];

/// What people offer for download, too.
const OFFERED: &[&str] = &[
    "/backup.sql",
    "/backup.zip",
    "/backup.tar",
    "/db.sql",
    "/dump.sql",
    "/docker-compose.yml",
    "/phpinfo.php",
];

/// Commands that are words of a manual as well.
const WORDS: &[&str] = &[
    "/bin/sh",
    "/bin/bash",
    "cmd.exe",
    "powershell",
    "wget http",
    "curl http",
    "nc -e",
    "chmod 777",
    "chmod +x",
];

/// Whether a path is that of a picture or a part of a page's looks.
pub fn is_picture(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default().as_bytes();
    ASSETS.iter().any(|ending| !matches!(*ending, ".js" | ".html" | ".pdf") && ends(path, ending))
}

fn has(text: &[u8], what: &str) -> bool {
    memchr::memmem::find(text, what.as_bytes()).is_some()
}

fn begins(text: &[u8], with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
}

fn ends(text: &[u8], with: &str) -> bool {
    let at = text.len().checked_sub(with.len());
    at.and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(with.as_bytes()))
}

fn any(text: &[u8], of: &[&str]) -> bool {
    of.iter().any(|what| has(text, what))
}

fn sure(strong: bool) -> Option<Grade> {
    Some(if strong { Grade::Strong } else { Grade::Weak })
}

/// The value that a text was found in.
struct Place<'t> {
    /// Whether it is a parameter's, and one that holds what somebody typed.
    parameter: bool,
    search: bool,
    /// What of the value stands before the text, and behind it.
    inside: &'t [u8],
    after: &'t [u8],
}

impl<'t> Place<'t> {
    fn of(found: &Found<'t>) -> Place<'t> {
        let query = match found.part {
            Part::Query => Some(found.before),
            Part::Address => {
                found.before.iter().position(|b| *b == b'?').and_then(|at| found.before.get(at + 1..))
            }
            Part::Header => None,
        };
        let end = found.behind.iter().position(|b| *b == b'&').unwrap_or(found.behind.len());
        let after = found.behind.get(..end).unwrap_or_default();
        let Some(query) = query else {
            return Place { parameter: false, search: false, inside: found.before, after };
        };
        let start = query.iter().rposition(|b| *b == b'&').map_or(0, |at| at + 1);
        let pair = query.get(start..).unwrap_or_default();
        let split = pair.iter().position(|b| *b == b'=');
        let (name, inside) = match split.and_then(|at| pair.split_at_checked(at)) {
            Some((name, value)) => (name, value.get(1..).unwrap_or_default()),
            None => (&[][..], pair),
        };
        let search = SEARCHES.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        Place { parameter: true, search, inside, after }
    }

    /// Whether one of these characters or words stands in the value, around the text.
    fn holds(&self, of: &[&str]) -> bool {
        any(self.inside, of) || any(self.after, of)
    }
}

/// How sure a text is a sign of an attack where it stands; `None` if it is none.
pub fn grade(found: &Found<'_>) -> Option<Grade> {
    let place = Place::of(found);
    let word = found.sought.ends_with(|c: char| c.is_ascii_alphanumeric());
    match found.sign {
        Sign::Hidden | Sign::Shell if word && goes_on(found.behind) => None,
        Sign::Hidden if EXAMPLES.iter().any(|example| begins(found.behind, example)) => None,
        Sign::Hidden => sure(!OFFERED.contains(&found.sought)),
        Sign::Shell if found.sought.ends_with("cmd=") => is_command(found.behind).then_some(Grade::Strong),
        Sign::Traversal => out_of_folder(found, &place, word),
        Sign::Sql => sql_in(found, &place),
        Sign::Command if WORDS.contains(&found.sought) => command(found, &place),
        Sign::Command => {
            sure(!place.search || place.holds(&["{", "(", "$", ";", "|", "`", "<", "%", "#", "@", "="]))
        }
        _ => Some(Grade::Strong),
    }
}

/// Whether the name of a file is only the beginning of another one's, or of a page about it. `/etc/passwd-` is a file.
fn goes_on(behind: &[u8]) -> bool {
    begins(behind, ".htm")
        || match behind {
            [b'-' | b'_', next, ..] => next.is_ascii_alphanumeric(),
            [first, ..] => first.is_ascii_alphanumeric(),
            [] => false,
        }
}

/// A parameter called `cmd` is a web shell's if its value is a command.
fn is_command(behind: &[u8]) -> bool {
    let end = behind.iter().position(|b| matches!(b, b'&' | b'#')).unwrap_or(behind.len());
    let value = behind.get(..end).unwrap_or_default();
    let word = value.split(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
    COMMANDS.iter().any(|command| word.eq_ignore_ascii_case(command.as_bytes()))
        || value.iter().any(|b| b" /\\;|`$".contains(b))
}

fn out_of_folder(found: &Found<'_>, place: &Place<'_>, word: bool) -> Option<Grade> {
    let up = has(found.before, "..");
    match found.sought {
        "../../" if place.parameter || found.part == Part::Header => sure(leads_elsewhere(place)),
        "../../" => climbs(found),
        "php://filter" | "php://input" | "file:///" | "phar://" | "expect://" => {
            sure(!place.search && (place.inside.is_empty() || place.inside.ends_with(b"=")))
        }
        sought if word || sought.starts_with("c:") => {
            let last = found.before.last();
            let joined = last.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b')'));
            let leads_out = up || sought.contains("..");
            let value = sought.starts_with('/') && place.parameter;
            if (word && goes_on(found.behind)) || (joined && !leads_out && !value) {
                return None;
            }
            // As a whole value, and not in the midst of a sentence.
            let whole = !place.search && place.inside.iter().all(|b| matches!(b, b'/' | b':'));
            let commanded = any(found.before, &[";", "|", "`", "$("]);
            sure(leads_out || commanded || (whole && !place.after.contains(&b' ')))
        }
        _ => Some(Grade::Strong),
    }
}

/// Whether a value that goes up leads to what no page shows.
fn leads_elsewhere(place: &Place<'_>) -> bool {
    let more = place.after.chunks(3).take_while(|step| *step == b"../").count();
    more > 1 || place.after.contains(&0) || !ASSETS.iter().any(|ending| ends(place.after, ending))
}

/// How far out of the web's folder a path leads: an address put together of two may go up, and browsers tidy it.
fn climbs(found: &Found<'_>) -> Option<Grade> {
    if !has(found.raw, "../..") {
        return Some(Grade::Strong);
    }
    let path = found.raw.split(|b| *b == b'?').next().unwrap_or_default();
    let path = memchr::memmem::find(path, b"://").and_then(|at| path.get(at + 3..)).unwrap_or(path);
    let segments = path.split(|b| *b == b'/').skip(1).filter(|segment| !segment.is_empty());
    let (mut depth, mut lowest) = (0i64, 0i64);
    for segment in segments {
        depth += if segment == b".." { -1 } else { i64::from(segment != b".") };
        lowest = lowest.min(depth);
    }
    match lowest {
        0 => None,
        -1 => Some(Grade::Weak),
        _ => Some(Grade::Strong),
    }
}

fn sql_in(found: &Found<'_>, place: &Place<'_>) -> Option<Grade> {
    let (sought, inside, after) = (found.sought, place.inside, place.after);
    let always = matches!(sought, " and " | " or ");
    if always && !sql::is_always_so(found.behind) {
        return None;
    }
    if place.parameter && STATEMENTS.iter().any(|statement| begins(inside, statement)) {
        return Some(Grade::Weak);
    }
    let syntax = || place.holds(&["'", "\"", ";", "--", "/*", "0x", "||", "@@"]);
    match sought {
        "union select" | "union all select" => sure(sql::is_list(after) || sql::is_broken_out(inside)),
        "sleep(" | "benchmark(" | "pg_sleep(" => {
            sure(sql::is_called(inside) || (!place.search && sql::ends_with_call(after)) || syntax())
        }
        "information_schema" | "group_concat(" | "load_file(" | "into outfile" | "extractvalue("
        | "updatexml(" | "waitfor delay" | "xp_cmdshell" | "procedure analyse(" | "randomblob(" => {
            sure(syntax() || (!place.search && place.holds(&[" ", "("])))
        }
        _ => Some(Grade::Strong),
    }
}

/// A shell's command, which needs something to bring it to the shell: a separator before it, or being the whole value.
fn command(found: &Found<'_>, place: &Place<'_>) -> Option<Grade> {
    let behind = found.behind;
    // PowerShell's own name as a client.
    if let [b'/', digit, ..] = behind
        && digit.is_ascii_digit()
    {
        return None;
    }
    let tail = if begins(behind, ".exe") { behind.get(4..).unwrap_or_default() } else { behind };
    let goes_on = match found.sought {
        "wget http" | "curl http" => begins(tail, "://") || begins(tail, "s://"),
        "nc -e" | "chmod 777" | "chmod +x" => begins(tail, " "),
        _ => [" -", " /c", "?/c"].iter().any(|option| begins(tail, option)),
    };
    let separated = any(found.before, &[";", "|", "`", "$(", "{", "<", "\n", "&&", ".."]);
    match found.sought {
        "powershell" if !goes_on && !separated => None,
        _ => sure(separated || (goes_on && !place.search)),
    }
}

/// What is asked of a web shell first.
const COMMANDS: &[&str] = &[
    "id",
    "whoami",
    "ls",
    "dir",
    "cat",
    "type",
    "uname",
    "pwd",
    "ps",
    "env",
    "hostname",
    "ifconfig",
    "ipconfig",
    "ip",
    "netstat",
    "net",
    "wget",
    "curl",
    "echo",
    "phpinfo",
    "system",
    "cmd",
    "powershell",
    "sh",
    "bash",
    "python",
    "perl",
    "tasklist",
    "systeminfo",
    "w",
    "find",
    "rm",
];
