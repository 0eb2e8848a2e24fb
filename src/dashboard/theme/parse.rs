//! Themes as they are written: the ones that come along (`assets/themes`), and a person's own in the configuration file. A style is a
//! few words: modifiers, a colour, `on` and another colour: `bold #7aa2f7`, `black on light-yellow`.

use std::{collections::BTreeMap, str::FromStr as _};

use ratatui::style::{Color, Modifier, Style};

use super::Theme;

/// The themes that come along, in the order they are named to people.
pub const NAMES: [&str; 5] = ["terminal", "dark", "light", "contrast", "monochrome"];

/// The words of one theme: what is styled, and how.
pub type Words = BTreeMap<String, String>;

/// Why a theme cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTheme {
    /// No theme of that name.
    #[error("unknown theme \"{0}\"; choose {names}, or one of your own in [themes]", names = NAMES.join(", "))]
    NoSuchTheme(String),
    /// Nothing of that name is styled.
    #[error("a theme has no part \"{0}\"")]
    NoSuchPart(String),
    /// The word is neither a modifier nor a colour.
    #[error("{part} = \"{style}\": \"{word}\" is not a colour, bold, dim, italic, underlined or reversed")]
    NoSuchWord {
        /// What was to be styled.
        part: String,
        /// How.
        style: String,
        /// The word.
        word: String,
    },
}

impl Theme {
    /// One of the themes that come along.
    pub fn named(name: &str) -> Result<Self, BadTheme> {
        let text = match name {
            "terminal" => return Ok(Self::colour()),
            "monochrome" => return Ok(Self::monochrome()),
            "dark" => include_str!("../../../assets/themes/dark.toml"),
            "light" => include_str!("../../../assets/themes/light.toml"),
            "contrast" => include_str!("../../../assets/themes/contrast.toml"),
            other => return Err(BadTheme::NoSuchTheme(other.to_owned())),
        };
        let words: Words = toml::from_str(text).expect("a test reads every theme that comes along");
        Self::monochrome().with(&words)
    }

    /// This theme with some of its styles written anew.
    pub fn with(mut self, words: &Words) -> Result<Self, BadTheme> {
        for (part, text) in words {
            let place = self.part(part).ok_or_else(|| BadTheme::NoSuchPart(part.clone()))?;
            *place = style(part, text)?;
        }
        // A row has one look under the cursor, whatever its words look like elsewhere.
        for place in [&mut self.selection, &mut self.selection_unfocused] {
            if !place.add_modifier.contains(Modifier::DIM) {
                *place = place.remove_modifier(Modifier::DIM);
            }
        }
        Ok(self)
    }

    fn part(&mut self, name: &str) -> Option<&mut Style> {
        Some(match name {
            "title" => &mut self.title,
            "dim" => &mut self.dim,
            "label" => &mut self.label,
            "border" => &mut self.border,
            "border-focused" => &mut self.border_focused,
            "selection" => &mut self.selection,
            "selection-unfocused" => &mut self.selection_unfocused,
            "key" => &mut self.key,
            "behind" => &mut self.behind,
            "ok" => &mut self.ok,
            "warning" => &mut self.warning,
            "danger" => &mut self.danger,
            "public" => &mut self.public,
            "secret" => &mut self.secret,
            "matched" => &mut self.matched,
            "field" => &mut self.field,
            "chart" => &mut self.chart,
            "badge" => &mut self.badge,
            "code" => &mut self.code,
            _ => return None,
        })
    }
}

fn style(part: &str, text: &str) -> Result<Style, BadTheme> {
    let mut style = Style::new();
    let mut is_background = false;
    for word in text.split_whitespace() {
        style = match word {
            "on" => {
                is_background = true;
                continue;
            }
            "bold" => style.add_modifier(Modifier::BOLD),
            "dim" => style.add_modifier(Modifier::DIM),
            "italic" => style.add_modifier(Modifier::ITALIC),
            "underlined" => style.add_modifier(Modifier::UNDERLINED),
            "reversed" => style.add_modifier(Modifier::REVERSED),
            _ => match Color::from_str(word) {
                Ok(colour) if is_background => style.bg(colour),
                Ok(colour) => style.fg(colour),
                Err(_) => {
                    let (part, style, word) = (part.to_owned(), text.to_owned(), word.to_owned());
                    return Err(BadTheme::NoSuchWord { part, style, word });
                }
            },
        };
    }
    if part == "behind" {
        // What lies behind a dialog steps back as a whole.
        style = style.remove_modifier(Modifier::REVERSED.union(Modifier::BOLD));
        style = Style { fg: style.fg.or(Some(Color::Reset)), ..style };
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_theme_that_comes_along_can_be_read_and_styles_everything() {
        for name in NAMES {
            Theme::named(name).unwrap();
        }
        for text in [
            include_str!("../../../assets/themes/dark.toml"),
            include_str!("../../../assets/themes/light.toml"),
            include_str!("../../../assets/themes/contrast.toml"),
        ] {
            let words: Words = toml::from_str(text).unwrap();
            assert_eq!(words.len(), 19, "{text}");
        }
        assert!(Theme::named("solarized").unwrap_err().to_string().contains("terminal, dark"));
    }

    #[test]
    fn a_style_is_a_few_words_and_a_wrong_one_is_named() {
        let style = |text| style("key", text);
        let plain = Style::new();
        assert_eq!(style("bold underlined #7aa2f7"), Ok(plain.fg(Color::Rgb(0x7a, 0xa2, 0xf7)).bold().underlined()));
        assert_eq!(style("black on light-yellow"), Ok(plain.fg(Color::Black).bg(Color::LightYellow)));
        assert_eq!(style(""), Ok(plain));
        let error = style("bold mauve").unwrap_err().to_string();
        assert_eq!(error, "key = \"bold mauve\": \"mauve\" is not a colour, bold, dim, italic, underlined or reversed");
        let words = [("lable".to_owned(), "bold".to_owned())].into();
        assert_eq!(Theme::colour().with(&words), Err(BadTheme::NoSuchPart("lable".into())));
    }

    /// Relative luminance, as WCAG 2 defines it.
    fn luminance(colour: Color) -> f64 {
        let Color::Rgb(red, green, blue) = colour else { panic!("{colour} is not one of 24 bits") };
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
    }

    fn contrast(one: Color, other: Color) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// 4.5:1 for text (WCAG 2, 1.4.3), 3:1 for frames (1.4.11).
    #[test]
    fn every_colour_of_the_themes_with_colours_of_their_own_can_be_read() {
        let black = Color::Rgb(0, 0, 0);
        let white = Color::Rgb(255, 255, 255);
        for (name, backgrounds) in
            [("dark", [black, Color::Rgb(0x26, 0x26, 0x26)]), ("light", [white, Color::Rgb(0xf0, 0xf0, 0xf0)])]
        {
            let text = match name {
                "dark" => include_str!("../../../assets/themes/dark.toml"),
                _ => include_str!("../../../assets/themes/light.toml"),
            };
            let words: Words = toml::from_str(text).unwrap();
            for (part, words) in &words {
                let style = style(part, words).unwrap();
                let least = if part == "border" { 3.0 } else { 4.5 };
                let Some(colour) = style.fg.filter(|colour| *colour != Color::Reset) else { continue };
                let behind = style.bg.map_or(backgrounds, |background| [background; 2]);
                for background in behind {
                    let ratio = contrast(colour, background);
                    assert!(ratio >= least, "{name}, {part}: {ratio:.2} on {background}");
                }
            }
        }
    }
}
