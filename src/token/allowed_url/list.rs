//! A token's entries as a list: taking one apart that was pasted, and finding entries that add nothing.

use super::AllowedUrl;

/// Takes apart what a user pastes: entries separated by commas, semicolons, spaces or new lines. (An address may hold a comma or
/// a semicolon in its path; such an entry must be typed by itself.)
pub fn split_list(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')).filter(|entry| !entry.is_empty())
}

/// An entry that could be left out without changing what the list admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// Index of the entry that adds nothing.
    pub entry: usize,
    /// Index of an entry that admits all it admits.
    pub covered_by: usize,
    /// Whether both admit the same pages.
    pub is_duplicate: bool,
}

/// The entries that add nothing to the list, in its order. Of two that mean the same the later one is named, so leaving out all of
/// them leaves the list's meaning as it was. Entries that cannot be read are passed over.
pub fn redundant<'a>(entries: impl IntoIterator<Item = &'a str>) -> Vec<Redundancy> {
    let entries: Vec<_> = entries.into_iter().map(|entry| AllowedUrl::parse(entry).ok()).collect();
    let readable = || entries.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.as_ref()?)));
    readable()
        .filter_map(|(at, entry)| {
            readable().filter(|(other_at, other)| *other_at != at && other.covers(entry)).find_map(
                |(other_at, other)| {
                    let is_duplicate = entry.covers(other);
                    let adds_nothing = !is_duplicate || other_at < at;
                    adds_nothing.then_some(Redundancy { entry: at, covered_by: other_at, is_duplicate })
                },
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_list_is_taken_apart() {
        let text = "example.com, https://a.example/x\n\n  b.example;c.example\r\nd.example\t";
        let entries: Vec<_> = split_list(text).collect();
        assert_eq!(entries, ["example.com", "https://a.example/x", "b.example", "c.example", "d.example"]);
    }

    #[test]
    fn entries_that_add_nothing_are_named_with_the_one_that_covers_them() {
        let found = redundant(["example.com", "a.example.com", "EXAMPLE.com/", "*.bad", "other.example"]);
        let covered = Redundancy { entry: 1, covered_by: 0, is_duplicate: false };
        let duplicate = Redundancy { entry: 2, covered_by: 0, is_duplicate: true };
        assert_eq!(found, [covered, duplicate]);
    }

    #[test]
    fn of_twins_one_is_kept() {
        assert_eq!(redundant(["a.example", "a.example", "a.example"]).len(), 2);
    }
}
