//! OSC 52: the sequence that asks a terminal to put something in the clipboard of whoever sits at it.
//!
//! There is no answer, and most terminals refuse to be read from, so nothing can be verified or wiped.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// The longest piece GNU screen passes on; its limit is 768 bytes with the wrapping.
const SCREEN_PIECE: usize = 700;

/// The sequence for a value, for the clipboard proper (`c`: what other targets do differs between terminals). Inside GNU
/// screen it is wrapped in pieces that screen hands through.
pub(super) fn sequence(value: &str, screen: bool) -> Zeroizing<Vec<u8>> {
    let encoded = Zeroizing::new(STANDARD.encode(value));
    let plain = Zeroizing::new([b"\x1b]52;c;", encoded.as_bytes(), b"\x07"].concat());
    if !screen {
        return plain;
    }
    let pieces = plain.chunks(SCREEN_PIECE);
    let mut wrapped = Zeroizing::new(Vec::with_capacity(plain.len() + 4 * pieces.len()));
    for piece in pieces {
        wrapped.extend_from_slice(b"\x1bP");
        wrapped.extend_from_slice(piece);
        wrapped.extend_from_slice(b"\x1b\\");
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_encoded_for_the_clipboard() {
        assert_eq!(sequence("fake", false).as_slice(), b"\x1b]52;c;ZmFrZQ==\x07");
    }

    #[test]
    fn screen_gets_pieces_it_can_swallow() {
        assert_eq!(sequence("fake", true).as_slice(), b"\x1bP\x1b]52;c;ZmFrZQ==\x07\x1b\\");
        let long = sequence(&"x".repeat(2000), true);
        let pieces: Vec<_> = long.split(|byte| *byte == b'P').skip(1).collect();
        assert!(pieces.len() > 3 && pieces.iter().all(|piece| piece.len() < 768), "{}", pieces.len());
    }
}
