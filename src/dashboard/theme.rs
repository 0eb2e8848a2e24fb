//! [`Theme`]: every style and every glyph of the dashboard by what it means. The only room that names a colour.
//!
//! What always holds of the usual themes: the terminal's own foreground and background are used throughout, and of colours only the basic
//! sixteen, so a person's own palette applies and both light and dark backgrounds work; no meaning is carried by colour
//! alone; the monochrome theme says everything with bold, dim, underline and reverse.

pub mod parse;

use ratatui::{
    style::{Color, Modifier, Style},
    symbols::border,
};

use crate::{os::locale, token::lint::Severity};

/// Styles by meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Headings and the product's name.
    pub title: Style,
    /// What can be overlooked.
    pub dim: Style,
    /// The name of a value beside it.
    pub label: Style,
    /// A frame around something.
    pub border: Style,
    /// The frame around what the keys go to.
    pub border_focused: Style,
    /// The row under the cursor.
    pub selection: Style,
    /// The same while the keys go elsewhere.
    pub selection_unfocused: Style,
    /// A key in the footer.
    pub key: Style,
    /// What lies behind a modal.
    pub behind: Style,
    /// Good news.
    pub ok: Style,
    /// Something to look at.
    pub warning: Style,
    /// Something lost, refused or about to be destroyed.
    pub danger: Style,
    /// Public tokens and scopes.
    pub public: Style,
    /// Secret tokens and scopes.
    pub secret: Style,
    /// Characters that match a filter.
    pub matched: Style,
    /// A text field.
    pub field: Style,
    /// The bars of a chart.
    pub chart: Style,
    /// The badge that says this is not the real thing.
    pub badge: Style,
    /// A QR code: dark on light, whatever the background is, for a camera needs that.
    pub code: Style,
    /// What things are drawn with.
    pub glyphs: Glyphs,
}

/// The characters the dashboard draws with; each one column wide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// The default token.
    pub star: &'static str,
    /// The row under the cursor.
    pub cursor: &'static str,
    /// Something done.
    pub check: &'static str,
    /// Something not done yet.
    pub open: &'static str,
    /// Something to look at.
    pub warning: &'static str,
    /// Something that failed.
    pub cross: &'static str,
    /// A token that is being rotated.
    pub rotated: &'static str,
    /// A hidden character.
    pub mask: &'static str,
    /// Text that goes on.
    pub ellipsis: &'static str,
    /// Between two things on one line.
    pub dot: &'static str,
    /// Chosen and not chosen.
    pub chosen: (&'static str, &'static str),
    /// The frames.
    pub border: border::Set<'static>,
    /// The frames of a spinner.
    pub spinner: &'static [&'static str],
    /// Bars of a chart, from empty to full.
    pub bars: &'static [&'static str],
    /// The same, half a cell wide: they stand apart without a blank between them.
    pub thin_bars: &'static [&'static str],
    /// Bars of a chart that grow to the right, from empty to full; thin, so that rows do not touch.
    pub across: &'static [&'static str],
    /// A horizontal rule.
    pub rule: &'static str,
    /// Where in a list one is, on its frame.
    pub thumb: &'static str,
    /// The column a list is ordered by, upwards and downwards.
    pub sorted: (&'static str, &'static str),
}

const UNICODE: Glyphs = Glyphs {
    star: "★",
    cursor: "▸",
    check: "✓",
    open: "○",
    warning: "▲",
    cross: "✗",
    rotated: "↻",
    mask: "•",
    ellipsis: "…",
    dot: "·",
    chosen: ("[x]", "[ ]"),
    border: border::ROUNDED,
    spinner: &["⠋", "⠙", "⠸", "⠴", "⠦", "⠇"],
    bars: &[" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    thin_bars: &[" ", "▖", "▌"],
    across: &[" ", "╸", "━"],
    rule: "─",
    thumb: "┃",
    sorted: ("▴", "▾"),
};

const ASCII: Glyphs = Glyphs {
    star: "*",
    cursor: ">",
    check: "+",
    open: "o",
    warning: "!",
    cross: "x",
    rotated: "@",
    mask: "*",
    ellipsis: "~",
    dot: "-",
    chosen: ("[x]", "[ ]"),
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
    spinner: &["|", "/", "-", "\\"],
    bars: &[" ", ".", ".", ":", ":", "+", "+", "#", "#"],
    thin_bars: &[" ", ".", ":"],
    across: &[" ", "-", "="],
    rule: "-",
    thumb: "#",
    sorted: ("^", "v"),
};

impl Theme {
    /// The theme for where we run: monochrome with `NO_COLOR` (any value but an empty one, <https://no-color.org>) or on a
    /// terminal that calls itself dumb; ASCII glyphs where the locale is not UTF-8. `variable` looks up the environment.
    pub fn for_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let theme = if Self::is_plain(&variable) { Self::monochrome() } else { Self::colour() };
        if locale::is_utf8(variable) { theme } else { theme.in_ascii() }
    }

    /// Whether there are to be no colours: `NO_COLOR`, or a terminal that has none.
    pub fn is_plain(variable: impl Fn(&str) -> Option<String>) -> bool {
        let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let term = variable("TERM").unwrap_or_default();
        is_set("NO_COLOR") || term == "dumb" || term.ends_with("-m") || term == "vt100"
    }

    /// Drawn with what every terminal has.
    #[must_use]
    pub fn in_ascii(self) -> Self {
        Self { glyphs: ASCII, ..self }
    }

    /// Whether nothing but ASCII is drawn.
    pub fn is_ascii(&self) -> bool {
        self.glyphs == ASCII
    }

    /// Drawn with lines, blocks and marks.
    #[must_use]
    pub fn in_unicode(self) -> Self {
        Self { glyphs: UNICODE, ..self }
    }

    /// The mark of how bad something is, and its style; the word stands beside it.
    pub fn severity(&self, severity: Severity) -> (&'static str, Style) {
        match severity {
            Severity::Error => (self.glyphs.cross, self.danger),
            Severity::Warning => (self.glyphs.warning, self.warning),
            Severity::Advice => (self.glyphs.dot, self.title),
            Severity::Note => (self.glyphs.dot, self.dim),
        }
    }

    /// The basic sixteen colours on the terminal's own background.
    pub fn colour() -> Self {
        let plain = Style::new();
        Self {
            title: plain.add_modifier(Modifier::BOLD),
            dim: plain.add_modifier(Modifier::DIM),
            label: plain.add_modifier(Modifier::DIM),
            border: plain.add_modifier(Modifier::DIM),
            // The bright blue: the other one is all but black on many terminals' dark backgrounds.
            border_focused: plain.fg(Color::LightBlue),
            // One look for the whole row: a coloured word would turn into a coloured block.
            selection: plain.fg(Color::Reset).add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            selection_unfocused: plain.add_modifier(Modifier::BOLD).remove_modifier(Modifier::DIM),
            key: plain.fg(Color::LightBlue).add_modifier(Modifier::BOLD),
            behind: plain
                .fg(Color::Reset)
                .add_modifier(Modifier::DIM)
                .remove_modifier(Modifier::REVERSED.union(Modifier::BOLD)),
            ok: plain.fg(Color::Green),
            warning: plain.fg(Color::Yellow),
            danger: plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            public: plain.fg(Color::Green),
            secret: plain.fg(Color::Magenta),
            matched: plain.fg(Color::Yellow).add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            field: plain.add_modifier(Modifier::UNDERLINED),
            chart: plain.fg(Color::LightBlue),
            badge: plain.fg(Color::Yellow).add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
            code: plain.fg(Color::Black).bg(Color::White),
            glyphs: UNICODE,
        }
    }

    /// No colours at all.
    pub fn monochrome() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            title: bold,
            dim: plain.add_modifier(Modifier::DIM),
            label: plain.add_modifier(Modifier::DIM),
            border: plain.add_modifier(Modifier::DIM),
            border_focused: bold,
            selection: plain.add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
            selection_unfocused: bold.remove_modifier(Modifier::DIM),
            key: bold,
            behind: plain.add_modifier(Modifier::DIM).remove_modifier(Modifier::REVERSED.union(Modifier::BOLD)),
            ok: plain,
            warning: bold,
            danger: bold,
            public: plain,
            secret: bold,
            matched: plain.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
            field: plain.add_modifier(Modifier::UNDERLINED),
            chart: plain,
            badge: plain.add_modifier(Modifier::BOLD.union(Modifier::REVERSED)),
            // Light on dark where the background is light; most cameras read that too.
            code: plain.add_modifier(Modifier::REVERSED),
            glyphs: UNICODE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme(variables: &[(&str, &str)]) -> Theme {
        Theme::for_environment(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn no_color_counts_unless_it_is_empty() {
        let utf8 = ("LANG", "en_US.UTF-8");
        assert_eq!(theme(&[utf8]), Theme::colour());
        assert_eq!(theme(&[utf8, ("NO_COLOR", "")]), Theme::colour());
        assert_eq!(theme(&[utf8, ("NO_COLOR", "1")]), Theme::monochrome());
        assert_eq!(theme(&[utf8, ("TERM", "dumb")]), Theme::monochrome());
    }

    #[test]
    fn glyphs_follow_the_locale_and_the_first_variable_wins() {
        assert_eq!(theme(&[("LANG", "C.UTF-8")]).glyphs, UNICODE);
        assert_eq!(theme(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]).glyphs, ASCII);
        assert_eq!(theme(&[("LC_ALL", ""), ("LANG", "de_DE.utf8")]).glyphs, UNICODE);
    }

    #[test]
    fn the_monochrome_theme_has_no_colour() {
        let text = format!("{:?}", Theme::monochrome());
        for colour in ["Red", "Green", "Blue", "Magenta", "Yellow", "Cyan", "White", "Black", "Gray"] {
            assert!(!text.contains(colour), "{colour}");
        }
    }
}
