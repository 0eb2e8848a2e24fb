//! Charts made of text: columns, sparklines and bars, drawn with parts of a cell where the glyphs have them.
//!
//! Invariants: nothing that happened looks like nothing (a value above zero gets at least the smallest part of a
//! cell, a value of zero none); the largest value fills its room exactly; every function is pure and gives back as many
//! columns as it was asked for. `parts` are a theme's bars, from empty to full: eight steps in Unicode, fewer in ASCII.

use jiff::civil::Date;
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::paint;

/// How many of `full` steps a value takes, where `max` takes all of them.
fn steps(value: u64, max: u64, full: usize) -> usize {
    if value == 0 || max == 0 || full == 0 {
        return 0;
    }
    let scaled = (u128::from(value) * full as u128 + u128::from(max) / 2) / u128::from(max);
    usize::try_from(scaled).unwrap_or(full).clamp(1, full)
}

/// The part of a cell for a number of steps, from none to all.
fn part(parts: &[&'static str], step: usize) -> &'static str {
    parts.get(step.min(parts.len().saturating_sub(1))).copied().unwrap_or(" ")
}

/// One column for each value, one row high; the highest leaves room to the row above.
pub fn sparkline(values: &[u64], parts: &[&'static str]) -> String {
    let max = values.iter().copied().max().unwrap_or_default();
    let parts = parts.get(..parts.len().saturating_sub(2).max(2)).unwrap_or(parts);
    values.iter().map(|value| part(parts, steps(*value, max, parts.len().saturating_sub(1)))).collect()
}

/// A bar of at most `columns` that grows to the right, filled up with blanks.
pub fn bar(value: u64, max: u64, columns: usize, parts: &[&'static str]) -> String {
    let levels = parts.len().saturating_sub(1);
    let filled = steps(value, max, columns * levels);
    (0..columns).map(|cell| part(parts, filled.saturating_sub(cell * levels).min(levels))).collect()
}

/// Columns `height` rows high, the top row first; each `width` cells wide with `gap` blanks behind it.
pub fn columns(
    values: &[u64],
    max: u64,
    height: usize,
    width: usize,
    gap: usize,
    parts: &[&'static str],
) -> Vec<String> {
    let levels = parts.len().saturating_sub(1);
    (0..height)
        .rev()
        .map(|row| {
            let mut line = String::new();
            for value in values {
                let filled = steps(*value, max, height * levels);
                let cell = part(parts, filled.saturating_sub(row * levels).min(levels));
                line.extend(std::iter::repeat_n(cell, width));
                line.extend(std::iter::repeat_n(" ", gap));
            }
            line
        })
        .collect()
}

/// The last values that fit, one to a column; of more values than columns, neighbours are added up.
pub fn squeeze(values: &[u64], columns: usize) -> Vec<u64> {
    if columns == 0 {
        return Vec::new();
    }
    let together = values.len().div_ceil(columns).max(1);
    // Counted from the end, so that the newest column is a whole one.
    let mut out: Vec<u64> = values
        .rchunks(together)
        .map(|chunk| chunk.iter().fold(0, |sum: u64, value| sum.saturating_add(*value)))
        .collect();
    out.reverse();
    out
}

/// The smallest round number that is no less than the value: the top of an axis that leaves little of its height empty.
pub fn axis(max: u64) -> u64 {
    const ROUND: [u64; 10] = [10, 12, 15, 20, 25, 30, 40, 50, 60, 80];
    if max < 10 {
        return max.max(1);
    }
    let mut unit: u64 = 1;
    loop {
        for round in ROUND {
            match unit.checked_mul(round) {
                Some(top) if top >= max => return top,
                Some(_) => {}
                None => return u64::MAX,
            }
        }
        let Some(next) = unit.checked_mul(10) else { return u64::MAX };
        unit = next;
    }
}

/// A chart of days: an axis at the left, a column a day, the first and the last day below.
#[derive(Clone, Copy, Debug)]
pub struct Days<'a> {
    /// The days with their values, the oldest first.
    pub days: &'a [(Date, u64)],
    /// Rows of the columns; a row for the dates comes on top of it.
    pub height: usize,
    /// Room from left to right.
    pub columns: usize,
    /// Bars that grow upwards.
    pub parts: &'static [&'static str],
    /// The same where there is no room for a blank between them.
    pub thin: &'static [&'static str],
    /// How the columns look.
    pub style: Style,
    /// How the axis and the dates look.
    pub dim: Style,
}

/// Columns of the numbers at the axis, with the blank behind them.
const AXIS: usize = 6;

impl Days<'_> {
    /// The chart, line by line.
    pub fn lines(&self) -> Vec<Line<'static>> {
        let (Some((first, _)), Some((last, _))) = (self.days.first(), self.days.last()) else { return Vec::new() };
        let room = self.columns.saturating_sub(AXIS).max(1);
        let values: Vec<u64> = self.days.iter().map(|(_, value)| *value).collect();
        let values = squeeze(&values, room);
        // Days with a blank between them can be counted; wider than three cells a column looks like a wall.
        let (width, gap) = match room / values.len() {
            0 | 1 => (1, 0),
            2 => (1, 1),
            3 => (2, 1),
            _ => (3, 1),
        };
        let parts = if gap == 0 { self.thin } else { self.parts };
        let top = axis(values.iter().copied().max().unwrap_or_default());
        let used = values.len() * (width + gap) - gap;
        let mut lines = Vec::with_capacity(self.height + 1);
        for (row, text) in columns(&values, top, self.height, width, gap, parts).into_iter().enumerate() {
            let mark = match row {
                0 => brief(top),
                row if row + 1 == self.height => "0".to_owned(),
                _ => String::new(),
            };
            lines.push(Line::from(vec![
                Span::styled(format!("{mark:>width$} ", width = AXIS - 1), self.dim),
                Span::styled(text.trim_end().to_owned(), self.style),
            ]));
        }
        let (first, last) = (day(*first), day(*last));
        let between = used.saturating_sub(paint::width(&first) + paint::width(&last));
        let dates = if between > 0 { format!("{first}{}{last}", " ".repeat(between)) } else { last };
        lines.push(Line::from(vec![Span::raw(" ".repeat(AXIS)), Span::styled(dates, self.dim)]));
        lines
    }
}

/// A day without its year: "22 Oct".
pub fn day(day: Date) -> String {
    day.strftime("%-d %b").to_string()
}

/// A number with a comma at every thousand: "36,120".
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number in at most four characters up to a quintillion: "980", "1.2k", "36k", "5M".
pub fn brief(number: u64) -> String {
    const UNITS: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
    if number < 1000 {
        return number.to_string();
    }
    let power = (number.ilog10() / 3) as usize;
    let unit = UNITS.get(power - 1).copied().unwrap_or("E");
    let scale = 1000_u64.pow(power as u32);
    let (whole, tenth) = (number / scale, number % scale * 10 / scale);
    if whole < 10 && tenth > 0 { format!("{whole}.{tenth}{unit}") } else { format!("{whole}{unit}") }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const UP: &[&str] = &[" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
    const RIGHT: &[&str] = &[" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];
    const ASCII: &[&str] = &[" ", "-", "="];

    #[test]
    fn the_largest_value_is_full_and_the_smallest_is_seen() {
        assert_eq!(sparkline(&[0, 1, 4, 8, 1000], UP), " ▁▁▁▆");
        assert_eq!(sparkline(&[1, 2, 3, 4, 5, 6], UP), "▁▂▃▄▅▆");
        assert_eq!(sparkline(&[], UP), "");
        assert_eq!(sparkline(&[0, 0], UP), "  ");
    }

    #[test]
    fn bars_grow_by_parts_of_a_cell() {
        assert_eq!(bar(8, 8, 4, RIGHT), "████");
        assert_eq!(bar(3, 8, 4, RIGHT), "█▌  ");
        assert_eq!(bar(1, 1_000_000, 4, RIGHT), "▏   ");
        assert_eq!(bar(0, 8, 4, RIGHT), "    ");
        assert_eq!(bar(3, 8, 4, ASCII), "=-  ");
        assert_eq!(bar(3, 0, 4, RIGHT), "    ");
    }

    #[test]
    fn columns_stand_on_the_lowest_row() {
        assert_eq!(columns(&[1, 8, 16], 16, 2, 1, 1, UP), ["    █ ", "▁ █ █ "]);
        assert_eq!(columns(&[1, 2], 2, 1, 2, 0, UP), ["▄▄██"]);
    }

    #[test]
    fn too_many_values_are_added_up_from_the_newest_on() {
        assert_eq!(squeeze(&[1, 2, 3, 4, 5], 2), [3, 12]);
        assert_eq!(squeeze(&[1, 2, 3], 5), [1, 2, 3]);
        assert_eq!(squeeze(&[1, 2, 3], 0), [0; 0]);
        assert_eq!(squeeze(&[u64::MAX, 1], 1), [u64::MAX]);
    }

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (max, top) in
            [(0, 1), (1, 1), (3, 3), (51, 60), (91, 100), (1_204, 1_500), (2_001, 2_500), (u64::MAX, u64::MAX)]
        {
            assert_eq!(axis(max), top);
        }
    }

    #[test]
    fn numbers_are_written_for_people() {
        for (number, long, short) in [
            (0, "0", "0"),
            (980, "980", "980"),
            (1_204, "1,204", "1.2k"),
            (36_120, "36,120", "36k"),
            (5_000_000, "5,000,000", "5M"),
            (u64::MAX, "18,446,744,073,709,551,615", "18E"),
        ] {
            assert_eq!(grouped(number), long);
            assert_eq!(brief(number), short);
        }
    }

    fn chart(columns: usize, parts: &'static [&'static str]) -> String {
        let days: Vec<_> = (1..=30).map(|n| (date(2026, 6, n as i8), (n * n * 7) % 400)).collect();
        let (style, dim) = (Style::new(), Style::new());
        let lines = Days { days: &days, height: 4, columns, parts, thin: &[" ", "▖", "▌"], style, dim }.lines();
        lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_chart_of_days_has_an_axis_and_dates() {
        insta::assert_snapshot!("days_70", chart(70, UP));
        insta::assert_snapshot!("days_40", chart(40, UP));
        insta::assert_snapshot!("days_20_ascii", chart(20, &[" ", ".", ".", ":", ":", "+", "+", "#", "#"]));
    }

    proptest! {
        #[test]
        fn every_chart_keeps_to_its_room(values in prop::collection::vec(any::<u64>(), 0..40), room in 0usize..60, height in 0usize..6) {
            let max = values.iter().copied().max().unwrap_or_default();
            prop_assert_eq!(paint::width(&sparkline(&values, UP)), values.len());
            for value in &values {
                prop_assert_eq!(paint::width(&bar(*value, max, room, RIGHT)), room);
                prop_assert!(brief(*value).len() <= 4);
            }
            prop_assert!(squeeze(&values, room).len() <= room);
            let days: Vec<_> = values.iter().enumerate().map(|(at, value)| (date(2026, 1, 1 + at as i8 % 28), *value)).collect();
            let chart = Days { days: &days, height, columns: room, parts: UP, thin: UP, style: Style::new(), dim: Style::new() };
            for line in chart.lines() {
                prop_assert!(line.width() <= room.max(AXIS + 6), "{} in {room}", line.width());
            }
        }
    }
}
