//! [`Scanner`]: finds tokens in a stream of any length, with their lines and columns.
//!
//! Invariants: memory is bounded by [`BUFFER`] whatever is read; a token is found wherever the borders between chunks fall, for each
//! chunk keeps what the next one may need; text is scanned once.

use std::{collections::HashMap, io, path::Path, sync::Arc};

use memchr::{memchr, memchr_iter, memrchr};

use super::{Digest, Finding, Progress, context};
use crate::token::decoded::{LONGEST, LOOK_BACK, Unit, find_in};

/// Bytes read at once.
const BUFFER: usize = 256 << 10;

/// Bytes before a token that must still be there when it is found.
const KEPT: usize = if LOOK_BACK > 2 * context::MARK_REACH { LOOK_BACK } else { 2 * context::MARK_REACH };

/// Bytes at the start by which a file is judged to be text or not.
const HEAD: usize = 8 << 10;

/// What was found in one stream.
#[derive(Debug, Default)]
pub struct Scanned {
    /// The tokens, in order. Their paths are still empty.
    pub findings: Vec<Finding>,
    /// How many more there are in lines that say they may be there.
    pub allowed: u64,
    /// Whether it was left alone for being binary.
    pub is_binary: bool,
    /// How many bytes were read.
    pub bytes: u64,
    /// The digest of all of it, if all of it was in memory at once and something was found.
    pub digest: Option<Digest>,
}

/// Scans one stream after another in the same memory.
#[derive(Debug)]
pub struct Scanner {
    buffer: Box<[u8]>,
    scan_binaries: bool,
    with_allowed: bool,
}

impl Scanner {
    /// A scanner that leaves binary files alone, or not.
    pub fn new(scan_binaries: bool) -> Self {
        Self { buffer: vec![0; BUFFER].into(), scan_binaries, with_allowed: false }
    }

    /// One that also reports tokens in lines that say they may be there, or not.
    #[must_use]
    pub fn with_allowed(self, with_allowed: bool) -> Self {
        Self { with_allowed, ..self }
    }

    /// [`Self::scan`] for one stream with a name.
    pub fn scan_named(&mut self, source: impl io::Read, name: &Path, progress: &Progress) -> io::Result<Vec<Finding>> {
        let mut scanned = self.scan(source, progress)?;
        progress.scanned(&scanned);
        scanned.place(&name.into(), None);
        Ok(scanned.findings)
    }

    /// Reads to the end, until the progress is stopped, or until the stream turns out to be binary.
    pub fn scan(&mut self, mut source: impl io::Read, progress: &Progress) -> io::Result<Scanned> {
        let mut scanned = Scanned::default();
        let mut seen: HashMap<Digest, u32> = HashMap::new();
        // How much of the stream went through the buffer before what is in it now.
        let mut base = 0_u64;
        let mut filled = 0;
        // Where the next token may start, in the buffer.
        let mut next = 0;
        let mut position = Position::default();
        loop {
            let read = fill(&mut source, &mut self.buffer[filled..])?;
            progress.read(read as u64);
            scanned.bytes += read as u64;
            filled += read;
            let is_end = filled < self.buffer.len();
            let text = &self.buffer[..filled];
            if base == 0 && next == 0 {
                match judge(&text[..text.len().min(HEAD)]) {
                    Some(kind) => position = Position::new(kind),
                    None if self.scan_binaries => {}
                    None => {
                        scanned.is_binary = true;
                        return Ok(scanned);
                    }
                }
            }
            let limit = if is_end { filled } else { filled - LONGEST };
            for found in find_in(text, next..limit, base.is_multiple_of(2)) {
                let (before, rest) = text.split_at(found.range.start);
                let unit = found.encoding.unit();
                if !self.with_allowed && context::is_allowed(before, &rest[found.range.len()..], unit) {
                    scanned.allowed += 1;
                    continue;
                }
                position.advance(text, found.range.start);
                let start = base + found.range.start as u64;
                let name = context::name(before, unit);
                let mut finding = Finding::new(&found, start, position.line, position.column, name);
                let occurrence = seen.entry(finding.token_digest).or_default();
                finding.occurrence = *occurrence;
                *occurrence += 1;
                scanned.findings.push(finding);
            }
            if is_end {
                if base == 0 && !scanned.findings.is_empty() {
                    scanned.digest = Some(Digest::of(text));
                }
                return Ok(scanned);
            }
            if progress.is_stopped() {
                return Ok(scanned);
            }
            let keep = limit - KEPT;
            position.advance(text, keep);
            position.at -= keep;
            self.buffer.copy_within(keep..filled, 0);
            base += keep as u64;
            filled -= keep;
            next = limit - keep;
        }
    }
}

/// Reads until the buffer is full or the stream ends.
fn fill(source: &mut impl io::Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What kind of text starts like this; `None` for what is not a text. Text has no NUL, but in UTF-16, where every ASCII character has one,
/// and always on the same side.
fn judge(head: &[u8]) -> Option<Kind> {
    match head {
        [0xff, 0xfe, ..] => return Some(Kind { unit: Unit::Utf16Le, mark: 2 }),
        [0xfe, 0xff, ..] => return Some(Kind { unit: Unit::Utf16Be, mark: 2 }),
        [0xef, 0xbb, 0xbf, rest @ ..] if memchr(0, rest).is_none() => return Some(Kind { unit: Unit::Byte, mark: 3 }),
        _ if memchr(0, head).is_none() => return Some(Kind::default()),
        _ => {}
    }
    let (mut even, mut odd) = (0, 0);
    for at in memchr_iter(0, head) {
        if at.is_multiple_of(2) { even += 1 } else { odd += 1 }
    }
    let unit = if odd > even { Unit::Utf16Le } else { Unit::Utf16Be };
    // A sixth of the characters being ASCII tells UTF-16 from the numbers that binary formats hold.
    let is_wide = even.min(odd) * 32 <= even.max(odd) && even.max(odd) * 12 >= head.len();
    is_wide.then_some(Kind { unit, mark: 0 })
}

/// A kind of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kind {
    unit: Unit,
    /// Bytes of the byte order mark.
    mark: usize,
}

/// A place in a text, moved forward by counting.
#[derive(Debug)]
struct Position {
    unit: Unit,
    line: u64,
    column: u64,
    at: usize,
}

impl Default for Position {
    fn default() -> Self {
        Self::new(Kind::default())
    }
}

impl Position {
    const fn new(kind: Kind) -> Self {
        Self { unit: kind.unit, line: 1, column: 1, at: kind.mark }
    }

    fn advance(&mut self, text: &[u8], to: usize) {
        let Some(passed) = text.get(self.at..to).filter(|passed| !passed.is_empty()) else { return };
        if self.unit == Unit::Byte {
            self.line += memchr_iter(b'\n', passed).count() as u64;
            if let Some(end) = memrchr(b'\n', passed) {
                self.column = 1 + characters(&passed[end + 1..]);
            } else {
                self.column += characters(passed);
            }
            self.at = to;
            return;
        }
        let (pairs, rest) = passed.as_chunks::<2>();
        for pair in pairs {
            let code = if self.unit == Unit::Utf16Le { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) };
            match code {
                0x0a => {
                    self.line += 1;
                    self.column = 1;
                }
                // The second half of a character.
                0xdc00..=0xdfff => {}
                _ => self.column += 1,
            }
        }
        self.at = to - rest.len();
    }
}

/// Characters in UTF-8; bytes where it is something else, such as Latin-1.
fn characters(text: &[u8]) -> u64 {
    let starts = || text.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    let count = match std::str::from_utf8(text) {
        Ok(_) => starts(),
        // A chunk may end within a character.
        Err(error) if error.error_len().is_none() || error.valid_up_to() == 0 && text.len() > HEAD => starts(),
        Err(_) => text.len(),
    };
    count as u64
}

impl Scanned {
    /// Gives the findings the place they were found in.
    pub(super) fn place(&mut self, path: &Arc<Path>, digest: Option<Digest>) {
        for finding in &mut self.findings {
            finding.path = Arc::clone(path);
            finding.file_digest = digest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "sk.eyJ1IjoiYWRhIiwiYSI6ImNtZjNrMmFiYzAwMDEwOGw0ZTVmNmc3aDgifQ.Zq3-_xW7vB1nM5kL9pT2sA";

    fn scan(bytes: &[u8]) -> Scanned {
        Scanner::new(false).scan(bytes, &Progress::default()).expect("memory can be read")
    }

    /// A reader that gives a few bytes at a time.
    struct Drops<'a>(&'a [u8], usize);

    impl io::Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn lines_columns_and_bytes_are_exact() {
        let text = format!("première ligne\nhé, 東京: '{TOKEN}'\r\n{TOKEN}");
        let scanned = scan(text.as_bytes());
        let places: Vec<_> = scanned.findings.iter().map(|finding| (finding.line, finding.column)).collect();
        assert_eq!(places, [(2, 10), (3, 1)]);
        for finding in &scanned.findings {
            let range = usize::try_from(finding.range.start).unwrap()..usize::try_from(finding.range.end).unwrap();
            assert_eq!(text.get(range), Some(TOKEN));
        }
        assert_eq!(scanned.findings.iter().map(|finding| finding.occurrence).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(scanned.digest, Some(Digest::of(text.as_bytes())));
    }

    #[test]
    fn columns_in_latin_1_and_utf_16_count_characters() {
        let text = format!("a\né «{TOKEN}");
        let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        for bytes in [latin, little, big] {
            let scanned = scan(&bytes);
            assert_eq!(scanned.findings.len(), 1);
            assert_eq!((scanned.findings[0].line, scanned.findings[0].column), (2, 4));
        }
    }

    #[test]
    fn a_token_across_any_border_between_chunks_is_found_once_at_its_place() {
        // Around the end of the first chunk, less what is kept for long tokens, and around the end itself.
        let borders = [BUFFER - LONGEST, BUFFER];
        let wide: Vec<u8> = TOKEN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for token in [TOKEN.as_bytes(), &wide] {
            for border in borders {
                for start in
                    (border - token.len() - 3..border + 3).step_by(if token.len() > TOKEN.len() { 2 } else { 1 })
                {
                    let mut text = vec![b'\n'; start];
                    if token.len() > TOKEN.len() {
                        text.iter_mut().skip(1).step_by(2).for_each(|byte| *byte = 0);
                    }
                    text.extend(token);
                    text.resize(text.len() + BUFFER, b' ');
                    let scanned = scan(&text);
                    assert_eq!(scanned.findings.len(), 1, "{start}");
                    let finding = &scanned.findings[0];
                    assert_eq!(finding.range, start as u64..(start + token.len()) as u64);
                    let lines = if token.len() > TOKEN.len() { start / 2 } else { start };
                    assert_eq!((finding.line, finding.column), (1 + lines as u64, 1), "{start}");
                }
            }
        }
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_come_in() {
        let text = format!("{}{TOKEN}\n{}\n{TOKEN}", "x\n".repeat(BUFFER), "long line ".repeat(BUFFER / 4));
        let whole = scan(text.as_bytes());
        assert_eq!(whole.findings.len(), 2);
        for size in [1, 7, 4096, BUFFER - 1] {
            let drops = Scanner::new(false).scan(Drops(text.as_bytes(), size), &Progress::default()).unwrap();
            assert_eq!(drops.findings, whole.findings, "{size}");
        }
        assert_eq!(whole.findings[1].line, BUFFER as u64 + 3);
    }

    #[test]
    fn binaries_are_left_alone_unless_asked_for() {
        let mut binary = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0".to_vec();
        binary.extend(TOKEN.as_bytes());
        assert!(scan(&binary).is_binary);
        let scanned = Scanner::new(true).scan(binary.as_slice(), &Progress::default()).unwrap();
        assert_eq!(scanned.findings.len(), 1);
    }

    #[test]
    fn what_is_allowed_is_counted_and_not_reported() {
        let scanned = scan(format!("a = '{TOKEN}' # jeton:allow\nb = '{TOKEN}'").as_bytes());
        assert_eq!((scanned.allowed, scanned.findings.len()), (1, 1));
        assert_eq!(scanned.findings[0].line, 2);
    }

    #[test]
    fn a_finding_never_shows_the_value() {
        let scanned = scan(format!("TOKEN='{TOKEN}'").as_bytes());
        let shown = format!("{scanned:?}");
        assert!(!shown.contains("Zq3-_") && !shown.contains("eyJ1"), "{shown}");
        assert!(shown.contains("ada"));
    }
}
