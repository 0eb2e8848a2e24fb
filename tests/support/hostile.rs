//! Strings that a terminal would obey, or that hide, reorder or overflow their neighbours; and what must never come of them.

/// The strings: more than two thousand.
pub fn corpus() -> Vec<String> {
    let sequences = [
        "\u{1b}[31m",
        "\u{1b}]52;c;ZXZpbA==\u{7}",
        "\u{1b}]0;title\u{7}",
        "\u{1b}P1;1|x\u{1b}\\",
        "\u{1b}[?1049l",
        "\u{1b}[2J\u{1b}[H",
        "\u{9b}31m",
        "\u{9d}0;t\u{9c}",
        "\r\n",
        "\u{8}\u{8}",
        "\u{1b}c",
        "\u{1b}[6n",
    ];
    let single = (0..=0x1f)
        .chain(0x7f..=0x9f)
        .chain([0xad, 0x600, 0x605, 0x61c, 0x6dd, 0x70f, 0x180e, 0x2028, 0x2029, 0xfeff])
        .chain(0x200b..=0x200f)
        .chain(0x202a..=0x202e)
        .chain(0x2060..=0x206f)
        .chain(0xfff9..=0xfffb)
        .chain([0x110bd, 0x13430, 0x1bca0, 0x1d173])
        .chain((0xe0001..=0xe007f).step_by(2))
        .filter_map(char::from_u32)
        .map(String::from);
    let evil: Vec<String> = single.chain(sequences.map(str::to_owned)).collect();
    let frames = [
        ("", ""),
        ("a", "b"),
        ("東京", "🗼"),
        ("e\u{301}", "\u{301}"),
        ("x ", ""),
        ("", " \\ \" '"),
        ("[", "m"),
        ("👩\u{200d}", "🚒"),
    ];
    let framed =
        evil.iter().flat_map(|evil| frames.iter().map(move |(before, after)| format!("{before}{evil}{after}")));
    let pairs = evil.iter().zip(evil.iter().skip(7)).map(|(one, two)| format!("{one}{two}"));
    let floods = evil.iter().map(|evil| format!("z{}{evil}", "\u{301}\u{36f}\u{20dd}".repeat(30)));
    let huge = evil.iter().step_by(3).map(|evil| format!("{evil}{}", "東e\u{301}x".repeat(1000)));
    framed.chain(pairs).chain(evil.iter().map(|evil| evil.repeat(9))).chain(floods).chain(huge).collect()
}

/// Whether a character may never come out of foreign text: controls, and what orders, hides or tags other characters. The
/// joiner and the selector inside an emoji may.
pub fn is_offending(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180e | 0x200b | 0x200c
            | 0x200e | 0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0x110bd | 0x110cd
            | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// What came to a terminal, without what a program of ours says there of colours, places and frames. What [`corpus`] says is not
/// taken out: its sequences are others.
pub fn without_own_sequences(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_digit() && !matches!(c, ';' | '?')).unwrap_or(piece.len());
        let (numbers, rest) = piece.split_at(end);
        let is_own = match rest.chars().next() {
            // ratatui says colours as 38;5;n.
            Some('m') => numbers != "31",
            Some('H') => !numbers.is_empty(),
            Some('J') => numbers == "2",
            // Frames and the cursor.
            Some('h' | 'l') => matches!(numbers, "?2026" | "?25" | "?1000" | "?1006"),
            _ => false,
        };
        if is_own {
            out.push_str(&rest[1..]);
        } else {
            out.push('\u{1b}');
            out.push_str(piece);
        }
    }
    out
}
