//! Programs under false names.

use super::each::{dataset, event};
use super::*;

static HTTP: Dataset = dataset("http", true);

#[test]
fn a_program_called_a_picture_is_told_and_a_download_is_not() {
    let got = |program: &'static str, called: &'static str| {
        let fields = [
            ("http.request.method", "GET".into()),
            ("file.mime_type", program.into()),
            ("netlog.http.response.content_type", called.into()),
            ("url.full", "http://shop.example/logo.png".into()),
        ];
        rules(&[event(&HTTP, 1, 1, &fields)])
    };
    let program = "application/vnd.microsoft.portable-executable";
    assert_eq!(got(program, "image/png"), ["files.disguised_program"]);
    assert_eq!(got("application/x-executable", "Text/HTML; charset=utf-8"), ["files.disguised_program"]);
    assert!(got(program, "application/octet-stream").is_empty());
    assert!(got("text/x-shellscript", "text/plain").is_empty());
}
