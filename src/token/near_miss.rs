//! [`near_miss`]: the word that the user probably meant.

/// The candidate closest to what was typed, when so close that it is probably what was meant: a third of the letters may differ, and two
/// neighbours that changed places count once. Case does not matter.
pub fn near_miss<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Nobody types longer words by hand, and comparing takes the product of both lengths.
    const LONGEST: usize = 100;
    if typed.len() > LONGEST {
        return None;
    }
    let typed = typed.to_lowercase();
    let tolerance = typed.chars().count().div_ceil(3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (strsim::osa_distance(&typed, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= tolerance && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        let words = ["list", "lint", "create", "created", "scope"];
        for (typed, meant) in [("lsit", "list"), ("LINT", "lint"), ("creatd", "create"), ("socpe", "scope")] {
            assert_eq!(near_miss(typed, words), Some(meant), "{typed}");
        }
        for typed in ["", "zzz", "x", "password"] {
            assert_eq!(near_miss(typed, words), None, "{typed}");
        }
        assert_eq!(near_miss(&"x".repeat(5_000), words), None);
    }
}
