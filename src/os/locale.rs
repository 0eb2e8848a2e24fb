//! Which characters the terminal can show, according to the locale, and ASCII text for terminals that show no others.
//!
//! Invariants: [`in_ascii`] gives ASCII whatever it is given, in as many columns.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar as _;

/// Whether the locale is a UTF-8 one. `variable` looks up the environment. Windows has no such variables, and its terminals speak UTF-8.
pub fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    locale.map_or(cfg!(windows), |locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// A text as this process's terminal can show it.
pub fn shown(text: &str) -> Cow<'_, str> {
    if is_utf8(|name| std::env::var(name).ok()) { text.into() } else { in_ascii(text) }
}

/// A text with a stand-in for every character that is not ASCII.
pub fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n(stand_in(c), c.width().unwrap_or(1)));
        }
    }
    out.into()
}

fn stand_in(c: char) -> char {
    match c {
        '…' => '~',
        '·' | '–' | '—' => '-',
        '•' | '★' => '*',
        '×' => 'x',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        '←' => '<',
        '→' => '>',
        '↑' => '^',
        '█' | '▀' | '▄' => '#',
        _ => '?',
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let is_utf8 = |variables: &[(&str, &str)]| {
            is_utf8(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(is_utf8(&[("LANG", "C.UTF-8")]));
        assert!(!is_utf8(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
        assert!(is_utf8(&[("LC_ALL", ""), ("LANG", "de_DE.utf8")]));
        assert_eq!(is_utf8(&[]), cfg!(windows));
    }

    #[test]
    fn a_text_keeps_its_columns_in_ascii() {
        for text in ["plain", "a…b", "東京 tiles", "cafe\u{301}", "★ Default"] {
            let ascii = in_ascii(text);
            assert!(ascii.is_ascii(), "{ascii}");
            assert_eq!(ascii.width(), text.width(), "{ascii}");
        }
        assert_eq!(in_ascii("a…"), "a~");
    }
}
