//! What attacks on web servers look like in a request.

use super::super::Config;
use super::meant::{self, Found, Grade, Part};
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
        "../../", "..\\..\\", "..\\../", "../..\\", "/..;/", "/etc/passwd", "/etc/shadow", "/proc/self/environ", "c:/windows/", "c:\\windows\\", "boot.ini", "win.ini",
        "php://filter", "php://input", "file:///", "phar://", "expect://", "/proc/self/cmdline", "/proc/self/maps", "....//....//", "..././", "/vpn/../vpns/",
        "/dana-na/../", "/remote/fgt_lang?lang=/", "/ cscot /translation-table", "/../console.portal",
    ];
    Sql "sql" "web.sql_injection" "SQL in a parameter" Medium true ["T1190"] [
        "union select", "union all select", "' or '1'='1", "' or 1=1", "\" or 1=1", "or 1=1--", "' or ''='", "information_schema", "sleep(", "benchmark(",
        "waitfor delay", "xp_cmdshell", "' and 1=", "; drop table", "extractvalue(", "updatexml(", "load_file(", "into outfile", "pg_sleep(",
        // What programs spell so that no filter knows it.
        "concat(0x", "concat_ws(0x", "concat(char(", "concat(chr(", "select char(", "select chr(", "select 0x", ") char(", "||chr(", "char(113", "chr(113", "(0x71",
        ",0x71", "null,null", "group_concat(", "floor(rand(", "procedure analyse(", "randomblob(", "dbms_pipe.", "utl_inaddr.", "order by 1--", "rlike sleep", " and ", " or ",
    ];
    Script "xss" "web.cross_site_scripting" "a script in a parameter" Medium false ["T1190", "T1059.007"] [
        "<script", "javascript:alert", "onerror=", "onload=alert", "<svg/onload", "<img src=x", "document.cookie", "alert(1)", "<svg onload", "<img/src", "<iframe", "onmouseover=", "alert(document", "<body onload", "prompt(1)", "confirm(1)",
    ];
    Command "command" "web.command_injection" "a shell command in a parameter" Medium true ["T1190", "T1059"] [
        ";cat /", "|cat /", "`id`", "$(id)", ";id;", "|id|", "/bin/sh", "/bin/bash", "cmd.exe", "powershell", "wget http", "curl http", ";wget ", "|wget ", "&&wget",
        ";env;", "`env`", "|env&", "&env&", ";whoami", "|whoami", "`whoami`", "$(whoami)", ";uname -", "|uname -", ";sleep ", "|sleep ", "`sleep ", "$(sleep ",
        "|ping -", "&ping -", ";ping -", "`ping -", "exit(md5(", "() { :;}", "() {:;}", "nc -e", "${ifs}", "chmod 777", "chmod +x",
        // Expressions that servers evaluate (Struts, Confluence, Spring), and programs that run what they are given.
        "%{(#", "${(#", "%{#", "${#", "${@", "%{@", "@java.lang.", "java.lang.runtime", "java.lang.processbuilder", "getruntime().exec", "#_memberaccess",
        "ognl.ognlcontext", "xwork2.", "redirect:${", "redirect:%{", "action:%{", "freemarker.template", "{{7*7}}", "${7*7}", "class.module.classloader",
        "class.classloader.", "\\think\\app", "\\think\\container", "\\think\\request", "diag_form?images/", "/shell?cd ", "luci/;stok=/locale", "/mgmt/tm/util/bash",
        "/_ignition/execute-solution", "/wls-wsat/coordinatorporttype", "/_async/asyncresponseservice", "wt=velocity", "allow_url_include", "auto_prepend_file",
        "autodiscover.json?@", "autodiscover.json?a@", "autodiscover.json?a..", "/ecp/y.js", "/owa/auth/x.js", "/setupwizard.aspx/",
    ];
    Log4Shell "log4shell" "web.log4shell" "a JNDI look-up (Log4Shell, CVE-2021-44228)" High false ["T1190", "T1203"] [
        "${jndi:", "${${lower:j", "${${upper:j", "${${::-j}", "${${env:", "${j${", "${jn${", "${jnd${", "${jndi${", "jndi:ldap", "jndi:rmi", "jndi:dns", "%24%7bjndi",
        "jndi:iiop", "jndi:corba", "jndi:nis", "jndi:nds", "jndi:http", "jndi:${", "${${lower:", "${${upper:", "${${:-", "${${::-", "${${date:", "${${sys:", "${${java:",
        "${${main:", "${${ctx:", "${${map:", "${${web:", "${${k8s:", "${${docker:", "${${base64:", "${base64:jhtqbmrp", "${::-j}",
    ];
    Shell "shell" "web.shell" "the address of a web shell" Medium true ["T1505.003"] [
        "/c99.php", "/r57.php", "/shell.php", "/cmd.php", "/webshell", "/b374k", "/wso.php", "/alfa.php", "/cmd.jsp", "/shell.jsp", "/cmd.aspx", "/shell.aspx",
        "?cmd=", "&cmd=", "eval-stdin.php", "/boaform/", "/hnap1", "/setup.cgi?next_file", "invokefunction&function=",
    ];
    Ssrf "ssrf" "web.server_side_request" "an address that only the server should call" Medium true ["T1190", "T1552.005"] [
        "=http://169.254.169.254", "@169.254.169.254", "=http://metadata.google.internal", "=http://100.100.100.200/latest", "=gopher://", "=dict://",
    ];
    Hidden "hidden" "web.secret_files" "the address of a file nobody links to" Low true ["T1595.002", "T1552.001"] [
        "/.env", "/.git/", "/.svn/", "/.aws/", "/.ssh/", "/.htpasswd", "/.htaccess", "/wp-config.php", "/web.config", "/id_rsa", "/.ds_store", "/config.php.bak",
        "/backup.sql", "/backup.zip", "/backup.tar", "/db.sql", "/.bash_history", "/dump.sql", "/phpinfo.php", "/server-status", "/actuator/env", "/actuator/heapdump", "/.vscode/", "/docker-compose.yml",
        "/.hg/", "/.npmrc", "/.netrc", "/.pgpass", "/.my.cnf", "/.kube/config", "/.docker/config.json", "/.idea/", "/appsettings.json", "/sftp-config.json", "/web-inf/",
        "/actuator/gateway", "/actuator/jolokia", "/_profiler/phpinfo", "/telescope/requests",
    ];
    Scanner "scanner" "web.scanner" "the name of a scanner" Low false ["T1595.002"] [
        "nikto", "sqlmap", "gobuster", "dirbuster", "feroxbuster", "nmap scripting engine", "wpscan", "zgrab", "masscan", "nuclei", "fuzz faster u fool", "wfuzz",
        "acunetix", "nessus", "openvas", "netsparker", "w3af", "arachni", "whatweb", "httpx - open-source", "zmeu", "jorgee", "libwww-perl", "dirb ", "wapiti", "w4p1t1", "hydra)", "censysinspect", "expanse",
        "/nice ports,/trinity.txt.bak",
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

/// Calls `found` once for each kind of attack in the texts of a request, with the surest sign of it.
pub fn find<'t>(
    texts: impl Iterator<Item = (Part, &'t str)>,
    mut found: impl FnMut(Sign, &'static str, Grade),
) {
    let Some(matcher) = MATCHER.as_ref() else { return };
    let mut seen: [Option<(&'static str, Grade)>; ALL.len()] = [None; ALL.len()];
    let mut look = |part: Part, text: &str| {
        // Twice: attackers encode once more what servers decode once.
        let raw = text.as_bytes();
        let raw = raw.get(..TEXT).unwrap_or(raw);
        let once = decoded(raw);
        let twice = decoded(&once);
        // Once more as SQL reads it: what stands in a comment, or behind a mark of one, is an attack all the same.
        let spaced = sql::spaced(&twice);
        let mut harmless = true;
        let hits = |text| matcher.find_overlapping_iter(text).map(move |hit| (hit, text));
        for (hit, text) in std::iter::once(&*twice).chain(spaced.as_deref()).flat_map(hits) {
            let Some((sign, sought)) = TEXTS.get(hit.pattern().as_usize()).copied() else { continue };
            // What is sure already is not looked at again, however often it is repeated.
            if matches!(seen.get(sign as usize), Some(Some((_, Grade::Strong)))) {
                harmless = false;
                continue;
            }
            let before = text.get(..hit.start()).unwrap_or_default();
            let behind = text.get(hit.end()..).unwrap_or_default();
            let Some(grade) = meant::grade(&Found { sign, sought, part, raw, before, behind }) else {
                continue;
            };
            harmless = false;
            if let Some(seen) = seen.get_mut(sign as usize)
                && seen.is_none_or(|(_, known)| (known, grade) == (Grade::Weak, Grade::Strong))
            {
                *seen = Some((sought, grade));
            }
        }
        harmless
    };
    HARMLESS.with_borrow_mut(|harmless| {
        texts.for_each(|(part, text)| harmless.unless_known(part, text, &mut look));
    });
    for (sign, seen) in ALL.iter().zip(seen) {
        if let Some((sought, grade)) = seen {
            found(*sign, sought, grade);
        }
    }
}

/// Texts in which lately nothing was found.
#[derive(Default)]
struct Harmless {
    texts: Vec<(Part, String)>,
}

/// How many of them, a power of two, and the longest, bytes.
const LATELY: usize = 1024;
const SHORT: usize = 256;

thread_local! {
    static HARMLESS: RefCell<Harmless> = RefCell::default();
}

impl Harmless {
    /// Looks at a text that is not known to be harmless.
    fn unless_known(&mut self, part: Part, text: &str, look: impl FnOnce(Part, &str) -> bool) {
        self.texts.resize_with(LATELY, Default::default);
        // Addresses, and what clients call themselves, differ in length or in what they end with.
        let end = text.as_bytes().last_chunk::<8>().map_or(0, |last| u64::from_le_bytes(*last));
        let place = scattered(end ^ text.len() as u64, LATELY);
        let Some(known) = self.texts.get_mut(place) else { return };
        if (known.0 != part || known.1 != text) && look(part, text) && text.len() <= SHORT {
            known.0 = part;
            text.clone_into(&mut known.1);
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
                    shorten(&mut out);
                    rest = tail;
                }
                None => rest = wide(after, &mut out),
            },
            _ => out.push(b'%'),
        }
        let (plain, next) = rest.split_at(memchr::memchr2(b'%', b'+', rest).unwrap_or(rest.len()));
        out.extend_from_slice(plain);
        rest = next;
    }
    Cow::Owned(out)
}

/// Takes the characters of ASCII for what they are that are written longer than they may be (RFC 3629 §10): servers that
/// do not look see no slash in `%c0%af`, and follow it.
fn shorten(out: &mut Vec<u8>) {
    let (keep, code) = match out.as_slice() {
        [.., lead @ (0xc0 | 0xc1), last @ 0x80..=0xbf] => (2, (lead & 1) << 6 | last & 0x3f),
        [.., 0xe0, middle @ (0x80 | 0x81), last @ 0x80..=0xbf] => (3, (middle & 1) << 6 | last & 0x3f),
        _ => return,
    };
    out.truncate(out.len() - keep);
    out.push(code);
}

/// What stands behind a percent sign that begins no byte: `u002f` is a character to some servers. Gives what is left.
fn wide<'t>(after: &'t [u8], out: &mut Vec<u8>) -> &'t [u8] {
    let code = after.get(1..5).and_then(|digits| std::str::from_utf8(digits).ok());
    let code = code.filter(|_| matches!(after.first(), Some(b'u' | b'U')));
    let byte = match code.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
        Some(code @ 0..0x80) => code as u8,
        // Look like a slash, a backslash and a dot, and become one.
        Some(0x2215 | 0xff0f) => b'/',
        Some(0x2216 | 0xff3c) => b'\\',
        Some(0xff0e) => b'.',
        _ => {
            out.push(b'%');
            return after;
        }
    };
    out.push(byte);
    after.get(5..).unwrap_or_default()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
