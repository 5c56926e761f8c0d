//! User agents: name, version, system and device, by the tokens that browsers and tools put there
//! (RFC 9110 10.1.5 for the form; what vendors document for the tokens). Formats that ask for it and the enrichment
//! of all events read them alike.

use std::borrow::Cow;

/// What a user agent tells of its sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent<'a> {
    /// Program.
    pub name: Option<Cow<'a, str>>,
    /// Its version.
    pub version: Option<Cow<'a, str>>,
    /// Operating system.
    pub os: Option<&'static str>,
    /// Its version.
    pub os_version: Option<Cow<'a, str>>,
    /// Device.
    pub device: Option<Cow<'a, str>>,
}

/// Tokens of browsers, those that others imitate last; name on a desktop, and on a phone.
static BROWSERS: &[(&str, &str, &str)] = &[
    ("EdgA/", "Edge", "Edge Mobile"),
    ("EdgiOS/", "Edge", "Edge Mobile"),
    ("Edg/", "Edge", "Edge Mobile"),
    ("Edge/", "Edge", "Edge Mobile"),
    ("OPR/", "Opera", "Opera Mobile"),
    ("Vivaldi/", "Vivaldi", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser", "Yandex Browser"),
    ("SamsungBrowser/", "Samsung Internet", "Samsung Internet"),
    ("UCBrowser/", "UC Browser", "UC Browser"),
    ("DuckDuckGo/", "DuckDuckGo", "DuckDuckGo Mobile"),
    ("CriOS/", "Chrome", "Chrome Mobile"),
    ("FxiOS/", "Firefox", "Firefox Mobile"),
    ("HeadlessChrome/", "HeadlessChrome", "HeadlessChrome"),
    ("Thunderbird/", "Thunderbird", "Thunderbird"),
    ("Firefox/", "Firefox", "Firefox Mobile"),
    ("Chrome/", "Chrome", "Chrome Mobile"),
    ("Chromium/", "Chromium", "Chromium"),
    ("MSIE ", "IE", "IE Mobile"),
];

/// Versions of Windows by that of NT.
static WINDOWS: &[(&str, &str)] = &[
    ("10.0", "10"),
    ("6.3", "8.1"),
    ("6.2", "8"),
    ("6.1", "7"),
    ("6.0", "Vista"),
    ("5.2", "XP"),
    ("5.1", "XP"),
    ("5.0", "2000"),
];

/// Names and devices that stand in no table.
static OTHERS: &[&str] =
    &["IE", "Safari", "Mobile Safari", "Opera", "Spider", "Mac", "iPhone", "iPad", "iPod"];

impl<'a> Agent<'a> {
    /// The same text, if it is one that this file writes rather than one a client sent: it costs no memory.
    pub fn fixed(text: &str) -> Option<&'static str> {
        let browsers = BROWSERS.iter().flat_map(|(_, desktop, phone)| [*desktop, *phone]);
        let systems = WINDOWS.iter().map(|(_, name)| *name);
        browsers.chain(OTHERS.iter().copied()).chain(systems).find(|known| *known == text)
    }

    /// Reads a user agent.
    pub fn read(text: &'a str) -> Agent<'a> {
        let mut agent = Agent::default();
        agent.system(text);
        let mobile = text.contains("Mobile") || agent.os == Some("Android");
        if let Some((name, version)) = robot(text) {
            (agent.name, agent.version) = (Some(name.into()), version.map(Cow::from));
            agent.device = Some("Spider".into());
        } else if !text.starts_with("Mozilla/") && !text.starts_with("Opera/") {
            let word = text.split([' ', ';', ',']).next().unwrap_or(text);
            let (name, version) = word.split_once('/').map_or((word, None), |(n, v)| (n, Some(v)));
            agent.name = Some(name.into()).filter(|n: &Cow<'_, str>| !n.is_empty());
            agent.version = version.filter(|v| !v.is_empty()).map(Cow::from);
        } else if let Some((token, desktop, phone)) = BROWSERS.iter().find(|(token, ..)| text.contains(token))
        {
            agent.name = Some(if mobile { *phone } else { *desktop }.into());
            agent.version = version_after(text, token).map(Cow::from);
        } else if text.contains("Trident/") {
            agent.name = Some("IE".into());
            agent.version = version_after(text, "rv:").map(Cow::from);
        } else if text.contains("Safari/") {
            agent.name = Some(if mobile { "Mobile Safari" } else { "Safari" }.into());
            agent.version = version_after(text, "Version/").map(Cow::from);
        } else if text.starts_with("Opera/") {
            agent.name = Some("Opera".into());
            agent.version =
                version_after(text, "Version/").or_else(|| version_after(text, "Opera/")).map(Cow::from);
        }
        agent
    }

    fn system(&mut self, text: &'a str) {
        let dotted = |version: &'a str| match version.contains('_') {
            true => Cow::from(version.replace('_', ".")),
            false => Cow::from(version),
        };
        if let Some(nt) = version_after(text, "Windows NT ") {
            self.os = Some("Windows");
            let known = WINDOWS.iter().find(|(version, _)| *version == nt).map(|(_, name)| *name);
            self.os_version = Some(known.unwrap_or(nt).into());
        } else if let Some(version) = version_after(text, "Android ") {
            self.os = Some("Android");
            self.os_version = Some(version.into());
            // `Android 13; Pixel 7 Build/…)`: the model follows.
            let model = text.split_once("Android ").and_then(|(_, rest)| rest.split_once("; "));
            let model = model.map(|(_, rest)| rest.split([';', ')']).next().unwrap_or(rest));
            let model = model.map(|m| m.split(" Build").next().unwrap_or(m)).filter(|m| !m.is_empty());
            self.device = model.filter(|m| !m.starts_with("rv:")).map(Cow::from);
        } else if text.contains("iPhone") || text.contains("iPad") || text.contains("iPod") {
            self.os = Some("iOS");
            self.os_version = version_after(text, " OS ").map(dotted);
            let device = ["iPhone", "iPad", "iPod"].into_iter().find(|device| text.contains(device));
            self.device = device.map(Cow::from);
        } else if text.contains("Mac OS X") {
            self.os = Some("Mac OS X");
            self.os_version = version_after(text, "Mac OS X ").map(dotted);
            self.device = Some("Mac".into());
        } else if text.contains("CrOS ") {
            self.os = Some("Chrome OS");
        } else if text.contains("Ubuntu") {
            self.os = Some("Ubuntu");
        } else if text.contains("Linux") || text.contains("linux") {
            self.os = Some("Linux");
        } else if text.contains("FreeBSD") {
            self.os = Some("FreeBSD");
        }
    }
}

/// The version behind a token: digits, dots and underscores.
fn version_after<'t>(text: &'t str, token: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(token)?;
    let len = rest.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_')).count();
    rest.get(..len).map(|v| v.trim_end_matches(['.', '_'])).filter(|v| !v.is_empty())
}

/// Name and version of a robot: the first word that says that it is one.
fn robot(text: &str) -> Option<(&str, Option<&str>)> {
    let says = |word: &str| {
        let word = word.as_bytes();
        ["bot", "crawl", "spider", "slurp"]
            .iter()
            .any(|kind| word.windows(kind.len()).any(|part| part.eq_ignore_ascii_case(kind.as_bytes())))
    };
    if !says(text) {
        return None;
    }
    // Addresses of documentation (`+http://…/bot.html`) say so too, but are no names.
    let mut words = text.split([' ', ';', '(', ')', ',']);
    let word = words.find(|word| {
        says(word.split('/').next().unwrap_or(word)) && !word.contains(':') && !word.contains('@')
    })?;
    let (name, version) = word.split_once('/').map_or((word, None), |(n, v)| (n, Some(v)));
    Some((name, version.filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents() {
        let all = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.91",
                "Edge 120.0.2210.91 Windows 10 -",
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/121.0",
                "Firefox 121.0 Ubuntu - -",
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; Pixel 7 Build/TQ1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.6099.144 Mobile Safari/537.36",
                "Chrome Mobile 120.0.6099.144 Android 13 Pixel 7",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1.2 Mobile/15E148 Safari/604.1",
                "Mobile Safari 17.1.2 iOS 17.1.2 iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Safari/605.1.15",
                "Safari 17.2 Mac OS X 10.15.7 Mac",
            ),
            ("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "IE 11.0 Windows 7 -"),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot 2.1 - - Spider",
            ),
            (
                "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
                "Slurp - - - Spider",
            ),
            ("curl/8.5.0", "curl 8.5.0 - - -"),
            ("python-requests/2.31.0", "python-requests 2.31.0 - - -"),
            ("sqlmap/1.7.2#stable (https://sqlmap.org)", "sqlmap 1.7.2#stable - - -"),
            ("", "- - - - -"),
            ("Mozilla/5.0", "- - - - -"),
        ];
        for (text, want) in all {
            let a = Agent::read(text);
            let show = |v: &Option<Cow<'_, str>>| v.as_deref().unwrap_or("-").to_owned();
            let os = a.os.unwrap_or("-");
            let got = format!(
                "{} {} {os} {} {}",
                show(&a.name),
                show(&a.version),
                show(&a.os_version),
                show(&a.device)
            );
            assert_eq!(got, want, "{text}");
        }
    }
}
