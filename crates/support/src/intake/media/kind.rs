//! What a file is: its first bytes say it, not its sender.
//!
//! Nothing that a browser would run keeps such a type: HTML and SVG are text here. A file is looked at as it comes, so it
//! never needs to stand in memory as a whole.

/// So many bytes tell one format from another.
const HEAD: usize = 64;

/// Looks at a file piece by piece.
#[derive(Debug)]
pub(crate) struct Sniffer {
    head: Vec<u8>,
    is_text: bool,
    /// The beginning of a letter whose end is in the next piece.
    cut: Vec<u8>,
}

impl Sniffer {
    pub fn new() -> Self {
        Sniffer { head: Vec::new(), is_text: true, cut: Vec::new() }
    }

    pub fn feed(&mut self, piece: &[u8]) {
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&piece[..piece.len().min(room)]);
        if !self.is_text {
            return;
        }
        let mut cut = std::mem::take(&mut self.cut);
        let text = match cut.is_empty() {
            true => piece,
            false => {
                cut.extend_from_slice(piece);
                &cut
            }
        };
        match std::str::from_utf8(text) {
            Ok(_) => {}
            Err(e) if e.error_len().is_none() => self.cut = text[e.valid_up_to()..].to_vec(),
            Err(_) => self.is_text = false,
        }
        self.is_text &= !text.contains(&0);
    }

    /// What it is, now that all of it was seen. `declared` is what its sender called it.
    pub fn mime(&self, declared: Option<&str>) -> String {
        mime_of(&self.head, self.is_text && self.cut.is_empty(), declared)
    }
}

/// The same for a file in hand.
pub(crate) fn of(bytes: &[u8], declared: Option<&str>) -> String {
    let mut sniffer = Sniffer::new();
    sniffer.feed(bytes);
    sniffer.mime(declared)
}

/// `image`, `video`, `audio` or `file`.
pub(crate) fn word(mime: &str) -> &'static str {
    match mime.split('/').next() {
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "file",
    }
}

/// What bytes are, by their beginning. `declared` only chooses among what shares that beginning, and only what no
/// browser runs.
fn mime_of(head: &[u8], is_text: bool, declared: Option<&str>) -> String {
    let declared = declared.and_then(|d| d.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    let d = declared.as_str();
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|b| b.starts_with(magic));
    let family = |is: bool, default: &'static str| if is { d.to_owned() } else { default.to_owned() };
    match () {
        () if at(0, b"\xff\xd8\xff") => "image/jpeg".into(),
        () if at(0, b"\x89PNG\r\n\x1a\n") => "image/png".into(),
        () if at(0, b"GIF87a") || at(0, b"GIF89a") => "image/gif".into(),
        () if at(0, b"RIFF") && at(8, b"WEBP") => "image/webp".into(),
        () if at(0, b"RIFF") && at(8, b"WAVE") => "audio/wav".into(),
        () if at(0, b"II*\0") || at(0, b"MM\0*") => "image/tiff".into(),
        () if at(0, b"BM") && d.contains("bmp") => "image/bmp".into(),
        () if at(4, b"ftyphei") || at(4, b"ftypmif1") => "image/heic".into(),
        () if at(4, b"ftypavif") => "image/avif".into(),
        () if at(4, b"ftypM4A") => "audio/mp4".into(),
        () if at(4, b"ftypqt") => "video/quicktime".into(),
        () if at(4, b"ftyp") => family(d == "audio/mp4", "video/mp4"),
        () if at(0, b"\x1a\x45\xdf\xa3") => family(d == "audio/webm", "video/webm"),
        () if at(0, b"OggS") => family(d == "video/ogg", "audio/ogg"),
        () if at(0, b"ID3") || at(0, b"\xff\xfb") || at(0, b"\xff\xf3") || at(0, b"\xff\xf2") => {
            "audio/mpeg".into()
        }
        () if at(0, b"\xff\xf1") || at(0, b"\xff\xf9") => "audio/aac".into(),
        () if at(0, b"#!AMR") => "audio/amr".into(),
        () if at(0, b"fLaC") => "audio/flac".into(),
        () if at(0, b"%PDF-") => "application/pdf".into(),
        () if at(0, b"PK\x03\x04") => {
            let office = d.starts_with("application/vnd.openxmlformats-officedocument.")
                || d.starts_with("application/vnd.oasis.opendocument.")
                || d == "application/epub+zip";
            family(office, "application/zip")
        }
        () if at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") => {
            let office = matches!(
                d,
                "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint"
            );
            family(office, "application/x-ole-storage")
        }
        () if at(0, b"\x1f\x8b") => "application/gzip".into(),
        () if at(0, b"Rar!\x1a\x07") => "application/vnd.rar".into(),
        () if at(0, b"7z\xbc\xaf\x27\x1c") => "application/x-7z-compressed".into(),
        () if is_text => {
            let harmless = matches!(d, "text/csv" | "text/calendar" | "text/vcard" | "application/json");
            family(harmless, "text/plain")
        }
        () => "application/octet-stream".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_say_what_they_are() {
        for (bytes, declared, is) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], Some("text/html"), "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n....", None, "image/png"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/png"), "image/webp"),
            (b"\0\0\0\x20ftypisom", Some("video/mp4; codecs=x"), "video/mp4"),
            (b"\0\0\0\x20ftypisom", Some("audio/mp4"), "audio/mp4"),
            (b"OggS\0\x02", Some("audio/ogg; codecs=opus"), "audio/ogg"),
            (b"%PDF-1.7", Some("application/octet-stream"), "application/pdf"),
            (b"PK\x03\x04rest", Some("text/html"), "application/zip"),
            (
                b"PK\x03\x04rest",
                Some("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            (b"<html><script>alert(1)</script>", Some("text/html"), "text/plain"),
            (b"<svg onload='alert(1)'/>", Some("image/svg+xml"), "text/plain"),
            (b"a,b\n1,2\n", Some("text/csv"), "text/csv"),
            (b"\x00\x01\x02\xfe", Some("image/png"), "application/octet-stream"),
        ] {
            assert_eq!(of(bytes, declared), is, "{bytes:?} {declared:?}");
        }
    }

    #[test]
    fn text_is_text_however_it_is_cut() {
        let text = "Bảng giá — 100 000 ₫ 😀".as_bytes();
        for size in 1..8 {
            let mut sniffer = Sniffer::new();
            text.chunks(size).for_each(|piece| sniffer.feed(piece));
            assert_eq!(sniffer.mime(Some("text/csv")), "text/csv", "{size}");
            sniffer.feed(&text[..2]);
            assert_eq!(sniffer.mime(None), "application/octet-stream", "half a letter at the end");
        }
        let mut sniffer = Sniffer::new();
        ["ab", "c\0", "d"].iter().for_each(|piece| sniffer.feed(piece.as_bytes()));
        assert_eq!(sniffer.mime(None), "application/octet-stream");
    }
}
