//! The type of a file by its first bytes. Numbers: the formats' own specifications, as the IANA media type
//! registry and the `file` program's documentation list them.

/// How many bytes of a file are enough.
pub(super) const HEAD: usize = 512;

/// (offset, bytes, type), the longer and rarer first.
static MAGIC: &[(usize, &[u8], &str)] = &[
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (0, b"Rar!\x1a\x07", "application/vnd.rar"),
    (0, b"\xfd7zXZ\0", "application/x-xz"),
    (257, b"ustar", "application/x-tar"),
    (0, b"!<arch>\ndebian", "application/vnd.debian.binary-package"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),
    (0, b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (0, b"ITSF", "application/vnd.ms-htmlhelp"),
    (0, b"MSCF", "application/vnd.ms-cab-compressed"),
    (0, b"\x7fELF", "application/x-executable"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),
    (0, b"dex\n", "application/vnd.android.dex"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"{\\rtf", "application/rtf"),
    (0, b"GIF8", "image/gif"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (8, b"WEBP", "image/webp"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (4, b"ftyp", "video/mp4"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"PK\x05\x06", "application/zip"),
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),
    (0, b"BZh", "application/x-bzip2"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"#!", "text/x-shellscript"),
    (0, b"<?xml", "text/xml"),
    (0, b"<!DOCTYPE html", "text/html"),
    (0, b"<!doctype html", "text/html"),
    (0, b"<html", "text/html"),
    (0, b"<HTML", "text/html"),
];

/// The type, if the first bytes tell.
pub(super) fn mime(head: &[u8]) -> Option<&'static str> {
    let office = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    let found = MAGIC.iter().find(|(at, magic, _)| head.get(*at..).is_some_and(|b| b.starts_with(magic)))?.2;
    // Office documents are archives whose first members have telling names.
    Some(match found {
        "application/zip" if office(b"word/") => {
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        }
        "application/zip" if office(b"xl/") => {
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        }
        "application/zip" if office(b"META-INF/") => "application/java-archive",
        other => other,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn by_content() {
        assert_eq!(super::mime(b"MZ\x90\0"), Some("application/vnd.microsoft.portable-executable"));
        assert_eq!(
            super::mime(b"PK\x03\x04........xl/workbook.xml").map(|m| m.ends_with("sheet")),
            Some(true)
        );
        assert_eq!(super::mime(b"hello"), None);
    }
}
