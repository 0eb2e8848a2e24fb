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
        let [red, green, blue] = linear(colour);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn linear(colour: Color) -> [f64; 3] {
        let Color::Rgb(red, green, blue) = colour else { panic!("{colour} is not one of 24 bits") };
        [red, green, blue].map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn contrast(one: Color, other: Color) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// The themes that set colours: their names, what they are written as, and the backgrounds they are for.
    const COLOURED: [(&str, &str, [Color; 2]); 2] = [
        ("dark", include_str!("../../../assets/themes/dark.toml"), [Color::Rgb(0, 0, 0), Color::Rgb(0x26, 0x26, 0x26)]),
        (
            "light",
            include_str!("../../../assets/themes/light.toml"),
            [Color::Rgb(255, 255, 255), Color::Rgb(0xf0, 0xf0, 0xf0)],
        ),
    ];

    /// 4.5:1 for text (WCAG 2, 1.4.3), 3:1 for frames (1.4.11).
    #[test]
    fn every_colour_of_the_themes_with_colours_of_their_own_can_be_read() {
        for (name, text, backgrounds) in COLOURED {
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

    /// How eyes see that lack one kind of cone, in linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
    const EYES: [(&str, [[f64; 3]; 3]); 4] = [
        ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deuteranopia",
            [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_820, 0.042_940, 0.968_881]],
        ),
        (
            "tritanopia",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// A colour as these eyes see it, in Oklab (Ottosson 2020), where equal distances look about equally different.
    fn seen(colour: Color, eyes: &[[f64; 3]; 3]) -> [f64; 3] {
        let of = |matrix: &[[f64; 3]; 3], colour: [f64; 3]| {
            matrix.map(|row| row.iter().zip(colour).map(|(factor, part)| factor * part).sum::<f64>())
        };
        let [red, green, blue] = of(eyes, linear(colour)).map(|part| part.clamp(0.0, 1.0));
        let cones = [
            [0.412_221_470_8, 0.536_332_536_3, 0.051_445_992_9],
            [0.211_903_498_2, 0.680_699_545_1, 0.107_396_956_6],
            [0.088_302_461_9, 0.281_718_837_6, 0.629_978_700_5],
        ];
        let lab = [
            [0.210_454_255_3, 0.793_617_785_0, -0.004_072_046_8],
            [1.977_998_495_1, -2.428_592_205_0, 0.450_593_709_9],
            [0.025_904_037_1, 0.782_771_766_2, -0.808_675_766_0],
        ];
        of(&lab, of(&cones, [red, green, blue]).map(f64::cbrt))
    }

    /// What looks different on one screen must look different to everybody, though a mark or a word says it too.
    #[test]
    fn colours_with_different_meanings_differ_for_every_kind_of_eye() {
        let meanings = ["danger", "warning", "ok", "secret"];
        for (name, text, _) in COLOURED {
            let words: Words = toml::from_str(text).unwrap();
            let colour = |part: &str| style(part, &words[part]).unwrap().fg.expect("a colour");
            assert_eq!(colour("public"), colour("ok"), "both say that nothing needs care");
            for (at, one) in meanings.iter().enumerate() {
                for (other, (kind, eyes)) in
                    meanings[at + 1..].iter().flat_map(|other| EYES.iter().map(move |eyes| (other, eyes)))
                {
                    let (a, b) = (seen(colour(one), eyes), seen(colour(other), eyes));
                    let distance = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    // About four times what can just be told apart side by side.
                    assert!(distance >= 0.09, "{name}, {kind}: {one} and {other} are {distance:.3} apart");
                }
            }
        }
    }

    /// Red is what went wrong or destroys something; nothing else has its hue.
    #[test]
    fn only_danger_is_red() {
        let is_red = |[red, green, blue]: [f64; 3]| red > 2.5 * green && red > 2.0 * blue;
        for (name, text, _) in COLOURED {
            let words: Words = toml::from_str(text).unwrap();
            for (part, words) in &words {
                let colour = style(part, words).unwrap().fg.filter(|colour| *colour != Color::Reset);
                assert_eq!(colour.is_some_and(|colour| is_red(linear(colour))), part == "danger", "{name}, {part}");
            }
        }
        let ansi = Theme::colour();
        for (part, style) in
            [("warning", ansi.warning), ("secret", ansi.secret), ("badge", ansi.badge), ("key", ansi.key)]
        {
            assert!(!matches!(style.fg, Some(Color::Red | Color::LightRed)), "{part}");
        }
    }
}
