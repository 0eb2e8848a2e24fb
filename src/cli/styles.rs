//! [`Styles`]: whether to colour, and the few colours there are. Colour never says anything that the words do not.

use std::fmt;

/// When to use color (`--color`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The colours of one stream, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Styles {
    is_on: bool,
}

impl Styles {
    /// Decides for a stream. The option is the last word; then `NO_COLOR` (no-color.org: any value but the empty one), then
    /// `CLICOLOR_FORCE` (any but the empty one and 0), then whether there is a terminal that can.
    pub fn decide(choice: ColorChoice, is_terminal: bool, environment: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
        let is_on = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if is_set("NO_COLOR") => false,
            ColorChoice::Auto if environment("CLICOLOR_FORCE").is_some_and(|force| !matches!(&*force, "" | "0")) => {
                true
            }
            ColorChoice::Auto => is_terminal && environment("TERM").is_none_or(|term| term != "dumb"),
        };
        Self { is_on }
    }

    /// Whether there is any.
    pub fn is_on(self) -> bool {
        self.is_on
    }

    /// Titles.
    pub fn title<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("1", text)
    }

    /// What matters less.
    pub fn faint<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("2", text)
    }

    /// What is as it should be.
    pub fn good<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("32", text)
    }

    /// What wants attention.
    pub fn warning<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("33", text)
    }

    /// What is wrong.
    pub fn error<T: fmt::Display>(self, text: T) -> Painted<T> {
        self.paint("1;31", text)
    }

    fn paint<T: fmt::Display>(self, code: &'static str, text: T) -> Painted<T> {
        Painted { code: self.is_on.then_some(code), text }
    }
}

/// A text in its colour.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\u{1b}[{code}m{}\u{1b}[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(is_terminal: bool, environment: &[(&str, &str)]) -> bool {
        let look_up =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Styles::decide(ColorChoice::Auto, is_terminal, look_up).is_on()
    }

    #[test]
    fn colour_is_for_terminals_that_nobody_told_otherwise() {
        assert!(auto(true, &[]));
        assert!(!auto(false, &[]));
        assert!(!auto(true, &[("NO_COLOR", "1")]));
        assert!(auto(true, &[("NO_COLOR", "")]), "an empty value counts as unset");
        assert!(!auto(true, &[("TERM", "dumb")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }

    #[test]
    fn the_option_is_the_last_word() {
        let no_color = |name: &str| (name == "NO_COLOR").then(|| "1".to_owned());
        assert!(Styles::decide(ColorChoice::Always, false, no_color).is_on());
        assert!(!Styles::decide(ColorChoice::Never, true, |_| None).is_on());
    }

    #[test]
    fn without_colour_a_text_is_itself() {
        assert_eq!(Styles::default().error("no").to_string(), "no");
        assert_eq!(Styles { is_on: true }.good("yes").to_string(), "\u{1b}[32myes\u{1b}[0m");
    }
}
