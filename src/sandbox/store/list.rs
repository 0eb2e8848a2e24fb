//! Pages of an account's list.
//!
//! Invariants: a page is found by walking from its start, never by counting or sorting, so it costs the same
//! wherever it begins. Tokens lie in the order of their ids, which is the order of creation. For the order of change
//! there is an index of the changed ones only, so that creating a token touches nothing but its row; such a page merges
//! two walks, changed tokens by their time and the others by their id, whose time is the same.

use rusqlite::{CachedStatement, Rows, ToSql};

use super::{
    Result, Store,
    tokens::{COLUMNS, Row},
};
use crate::{sandbox::cuid, token::Usage};

/// The order of a list, newest first in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// By the time of creation, which is the order of the ids.
    #[default]
    Created,
    /// By the time of the last change.
    Modified,
}

/// Which part of an account's list is wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter<'a> {
    /// Only one kind.
    pub usage: Option<Usage>,
    /// Only the default token, or all but it.
    pub default: Option<bool>,
    /// The order.
    pub order: Order,
    /// Go on after this place: the last listed token's id, and its time of change, which counts in that order only.
    pub after: Option<(&'a str, i64)>,
}

/// Which tokens one walk passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Walk {
    /// All, by id.
    Every,
    /// Those changed since they were created, by the time of the change.
    Changed,
    /// The others, by id.
    Unchanged,
}

impl Filter<'_> {
    /// The statement of a walk. It is the same text for the same kind of filter, so SQLite compiles it once.
    fn sql(&self, walk: Walk) -> String {
        let usage = if self.usage.is_some() { " AND usage = :usage" } else { "" };
        let default = match self.default {
            Some(true) => " AND is_default",
            Some(false) => " AND NOT is_default",
            None => "",
        };
        let (part, after, order) = match walk {
            Walk::Every => ("", " AND id < :id", "id DESC"),
            Walk::Changed => {
                (" AND modified > created", " AND (modified, id) < (:modified, :id)", "modified DESC, id DESC")
            }
            Walk::Unchanged => (" AND modified = created", " AND id < :place", "id DESC"),
        };
        let after = if self.after.is_some() { after } else { "" };
        format!(
            "SELECT {COLUMNS} FROM token WHERE account = :account AND listed{part}{usage}{default}{after} ORDER BY {order}"
        )
    }
}

impl Store {
    /// Hands up to `limit` tokens to `each`, in the order asked for, and tells whether there are more.
    pub fn list(&self, account: i64, filter: &Filter<'_>, limit: usize, mut each: impl FnMut(Row<'_>)) -> Result<bool> {
        let (first, second) = match filter.order {
            Order::Created => (Walk::Every, None),
            Order::Modified => (Walk::Unchanged, Some(Walk::Changed)),
        };
        let mut first = self.walk(account, filter, first)?;
        let mut second = second.map(|walk| self.walk(account, filter, walk)).transpose()?;
        let mut first = first.raw_query();
        let mut second = second.as_mut().map(|walk| walk.raw_query());
        let (mut one, mut other) = (step(Some(&mut first))?, step(second.as_mut())?);
        for count in 0.. {
            let is_one = match (&one, &other) {
                (Some(one), Some(other)) => (one.modified, one.id) > (other.modified, other.id),
                _ => one.is_some(),
            };
            let Some(row) = (if is_one { one } else { other }) else { return Ok(false) };
            if count == limit {
                return Ok(true);
            }
            each(row);
            if is_one {
                one = step(Some(&mut first))?;
            } else {
                other = step(second.as_mut())?;
            }
        }
        Ok(false)
    }

    /// A walk, ready to go.
    fn walk(&self, account: i64, filter: &Filter<'_>, walk: Walk) -> Result<CachedStatement<'_>> {
        let mut query = self.connection.prepare_cached(&filter.sql(walk))?;
        let (id, modified) = filter.after.unzip();
        let usage = filter.usage.map(Usage::prefix);
        // Of the unchanged tokens, those before that time, and of that very millisecond those with a smaller id.
        let time = modified.map(cuid::time);
        let place = id.max(time.as_deref());
        let values: [(&str, &dyn ToSql); 5] =
            [(":account", &account), (":usage", &usage), (":id", &id), (":modified", &modified), (":place", &place)];
        for (name, value) in values {
            if let Some(at) = query.parameter_index(name)? {
                query.raw_bind_parameter(at, value)?;
            }
        }
        Ok(query)
    }
}

/// The next row of a walk, where there is one.
fn step<'a>(rows: Option<&'a mut Rows<'_>>) -> Result<Option<Row<'a>>> {
    let Some(rows) = rows else { return Ok(None) };
    Ok(rows.next()?.map(Row::new).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How SQLite would walk.
    fn explain(store: &Store, filter: &Filter<'_>, walk: Walk) -> String {
        let mut query = store.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", filter.sql(walk))).unwrap();
        let mut rows = query.raw_query();
        let mut plan = String::new();
        while let Some(row) = rows.next().unwrap() {
            plan.push_str(&row.get::<_, String>(3).unwrap());
            plan.push_str("; ");
        }
        plan
    }

    #[test]
    fn no_walk_sorts_or_reads_a_whole_table() {
        let store = Store::open(None).unwrap();
        for usage in [None, Some(Usage::Public), Some(Usage::Secret)] {
            for default in [None, Some(true), Some(false)] {
                for after in [None, Some(("cijucimbe000brbkt48d0dhcx", 7))] {
                    for walk in [Walk::Every, Walk::Changed, Walk::Unchanged] {
                        let filter = Filter { usage, default, order: Order::Created, after };
                        let plan = explain(&store, &filter, walk);
                        // Of default tokens there is one; sorting it costs nothing.
                        let is_fine = default == Some(true) || !plan.contains("TEMP B-TREE");
                        assert!(plan.contains("SEARCH token") && is_fine, "{filter:?} {walk:?}: {plan}");
                    }
                }
            }
        }
    }
}
